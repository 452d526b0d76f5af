package embedded

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/rpc"
	"os"
	"time"

	"github.com/opencontainers/go-digest"
	"github.com/sirupsen/logrus"
	"golang.org/x/sys/unix"

	"github.com/layerwise/layerwise/analyzer/engine"
	"github.com/layerwise/layerwise/analyzer/engine/embedded/internal/daemon"
	"github.com/layerwise/layerwise/analyzer/engine/embedded/internal/sandbox"
)

// The files that the engine's process gets from its caller, in this order.
const (
	lockFile    = iota // held until the process is gone
	controlFile        // calls of Server
	builderFile        // BuildKit's gRPC
	inheritedFiles
)

// Bounds on the engine's process, so that it never hangs.
const (
	factsTimeout = 20 * time.Second
	closeTimeout = 8 * time.Second
)

// Server is what the engine's process answers to its caller. It is exported for
// net/rpc alone.
type Server struct {
	builder net.Conn
	daemon  *daemon.Daemon // nil until Start
	dry     dryRuns
}

// StartRequest is Options with everything decided that the caller can decide.
type StartRequest struct {
	Root        string
	KeepBytes   int64
	Runtime     string
	Snapshotter string
	Rootless    bool
	HostRoot    bool   // root in here is the machine's root
	Insecure    bool   // even so, any runtime may run steps
	Because     string // why the caller does not ask for runc, for the log
}

// StartReply tells how the start went. Errors are text, since types do not
// cross the process boundary.
type StartReply struct {
	Info    engine.Info
	Notices []string
	Error   string
	Damaged bool // with Error: the state cannot be read
	NoRunc  bool // with Error: no runtime that may run steps as the machine's root
	Refused bool // with Error: the machine does not allow what the process needs
}

// Start opens the state folder and begins to serve BuildKit.
func (s *Server) Start(request StartRequest, reply *StartReply) error {
	if s.daemon != nil {
		return errors.New("engine has been started already")
	}
	d, notices, err := openDaemon(request)
	reply.Notices = notices
	if err != nil {
		reply.Error = err.Error()
		reply.Damaged = daemon.IsDamage(err)
		reply.NoRunc = errors.As(err, new(*noRuncError))
		return nil
	}
	s.daemon = d
	reply.Info = d.Info()
	go d.Serve(&oneConn{conn: s.builder, done: make(chan struct{})})
	return nil
}

// Facts takes what the operations of a build did.
func (s *Server) Facts(ref string, reply *map[digest.Digest]engine.Fact) error {
	if s.daemon == nil {
		return errors.New("engine has not been started")
	}
	ctx, cancel := context.WithTimeout(context.Background(), factsTimeout)
	defer cancel()
	facts, err := s.daemon.Facts(ctx, ref)
	*reply = facts
	return err
}

// Remove deletes what is in a state folder, except its lock and its marker.
func (s *Server) Remove(root string, _ *struct{}) error {
	if s.daemon != nil {
		return errors.New("engine is running")
	}
	return removeState(root)
}

// serve is the engine's process, from its start to its end.
func serve() error {
	if err := sandbox.Enter(inheritedFiles); err != nil {
		return refuse(err)
	}
	// Files of images have the modes that BuildKit asks for, whoever calls.
	unix.Umask(0)
	logrus.SetLevel(logrus.WarnLevel)
	logrus.SetFormatter(&maskedLog{logrus.StandardLogger().Formatter})
	control, builder, err := inheritedConns()
	if err != nil {
		return err
	}
	server := &Server{builder: builder}
	answer(control, server)
	if server.daemon == nil {
		return nil
	}
	closed := make(chan error, 1)
	go func() { closed <- server.daemon.Close() }()
	select {
	case err := <-closed:
		return err
	case <-time.After(closeTimeout):
		return errors.New("engine did not close in time")
	}
}

// answer serves calls until the caller closes the connection or is gone.
func answer(control net.Conn, server any) {
	calls := rpc.NewServer()
	// The only error is a receiver without methods.
	_ = calls.RegisterName("Server", server)
	calls.ServeConn(control)
}

// refuse answers the call to start with an error, for what fails before there
// is a server.
func refuse(err error) error {
	control, _, connErr := inheritedConns()
	if connErr != nil {
		return errors.Join(err, connErr)
	}
	answer(control, &refusal{err})
	return nil
}

type refusal struct{ err error }

func (r *refusal) Start(_ StartRequest, reply *StartReply) error {
	reply.Error = r.err.Error()
	reply.Refused = true
	return nil
}

func (r *refusal) Remove(string, *struct{}) error { return r.err }

func inheritedConns() (control, builder net.Conn, err error) {
	for _, c := range []struct {
		file int
		conn *net.Conn
	}{{controlFile, &control}, {builderFile, &builder}} {
		f := os.NewFile(uintptr(sandbox.FirstFile+c.file), "socket")
		*c.conn, err = net.FileConn(f)
		if err != nil {
			return nil, nil, fmt.Errorf("take over the caller's socket: %w", err)
		}
		f.Close()
	}
	return control, builder, nil
}

// oneConn is a listener that accepts one connection.
type oneConn struct {
	conn net.Conn
	done chan struct{}
}

func (l *oneConn) Accept() (net.Conn, error) {
	if conn := l.conn; conn != nil {
		l.conn = nil
		return conn, nil
	}
	<-l.done
	return nil, net.ErrClosed
}

func (l *oneConn) Close() error {
	select {
	case <-l.done:
	default:
		close(l.done)
	}
	return nil
}

func (l *oneConn) Addr() net.Addr { return &net.UnixAddr{Net: "unix"} }
