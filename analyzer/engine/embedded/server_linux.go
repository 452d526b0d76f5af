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
	"github.com/layerwise/layerwise/analyzer/engine/embedded/internal/wire"
)

// The files that the engine's process gets from its caller, in this order.
const (
	lockFile    = iota // held until the process is gone
	controlFile        // calls of server
	builderFile        // BuildKit's gRPC
	inheritedFiles
)

// Bounds on the engine's process, so that it never hangs.
const (
	factsTimeout = 20 * time.Second
	closeTimeout = 8 * time.Second
)

// server is what the engine's process answers to its caller: its exported methods,
// by net/rpc.
type server struct {
	builder net.Conn
	daemon  *daemon.Daemon // nil until Start
	dry     dryRuns
}

// Start opens the state folder and begins to serve BuildKit.
func (s *server) Start(request wire.StartRequest, reply *wire.StartReply) error {
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
func (s *server) Facts(ref string, reply *map[digest.Digest]engine.Fact) error {
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
func (s *server) Remove(root string, _ *struct{}) error {
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
	s := &server{builder: builder}
	answer(control, s)
	if s.daemon == nil {
		return nil
	}
	closed := make(chan error, 1)
	go func() { closed <- s.daemon.Close() }()
	select {
	case err := <-closed:
		return err
	case <-time.After(closeTimeout):
		return errors.New("engine did not close in time")
	}
}

// answer serves calls until the caller closes the connection or is gone.
func answer(control net.Conn, methods any) {
	calls := rpc.NewServer()
	// The only error is a receiver without methods.
	_ = calls.RegisterName("Server", methods)
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

func (r *refusal) Start(_ wire.StartRequest, reply *wire.StartReply) error {
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
