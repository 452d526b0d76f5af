package embedded

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/rpc"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/layerwise/layerwise/analyzer/engine/embedded/internal/sandbox"
)

// stopTimeout is how long a child may take to end once it was told to.
const stopTimeout = closeTimeout + 2*time.Second

// child is the engine's process, as its caller holds it.
type child struct {
	process *sandbox.Process
	control *rpc.Client
	builder net.Conn
	log     string
}

// spawn starts a child on a state folder. The child holds the lock, too, so that
// it stays locked until both are gone.
func spawn(here place, lock *os.File) (_ *child, err error) {
	logPath := filepath.Join(here.root, logName)
	log, err := os.OpenFile(logPath, os.O_CREATE|os.O_TRUNC|os.O_APPEND|os.O_WRONLY|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the engine's log: %w", err)
	}
	defer log.Close()
	control, childControl, err := socketPair()
	if err != nil {
		return nil, err
	}
	defer childControl.Close()
	builder, childBuilder, err := socketPair()
	if err != nil {
		control.Close()
		return nil, err
	}
	defer childBuilder.Close()
	process, err := sandbox.Start(sandbox.Spec{
		Name:  engineName,
		Files: []*os.File{lockFile: lock, controlFile: childControl, builderFile: childBuilder},
		Log:   log,
		Env:   environment(here.state, os.Environ()),
		Apart: here.apart,
		Carry: here.state,
	})
	if err != nil {
		control.Close()
		builder.Close()
		return nil, err
	}
	return &child{process: process, control: rpc.NewClient(control), builder: builder, log: logPath}, nil
}

func socketPair() (own net.Conn, other *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("make socket pair: %w", err)
	}
	f := os.NewFile(uintptr(fds[0]), "socket")
	defer f.Close()
	other = os.NewFile(uintptr(fds[1]), "socket")
	own, err = net.FileConn(f)
	if err != nil {
		other.Close()
		return nil, nil, fmt.Errorf("make socket pair: %w", err)
	}
	return own, other, nil
}

func tmpFolder(root string) string { return filepath.Join(root, "tmp") }

// runFolder holds the runtime's own state and containerd's temporary mounts.
func runFolder(root string) string { return filepath.Join(root, "run") }

// environment is that of the engine's process. It leaves out what would make
// BuildKit do more than is wanted here, and points everything that writes
// elsewhere into the state folder. That has to be there from the start:
// containerd looks at it when the program is loaded.
func environment(root string, env []string) []string {
	var kept []string
	for _, entry := range env {
		switch name, _, _ := strings.Cut(entry, "="); {
		case name == "BUILDKIT_SETUP_CGROUPV2_ROOT": // moves the machine's processes to another group
		case name == "NOTIFY_SOCKET", strings.HasPrefix(name, "LISTEN_"): // systemd's, for the caller
		case strings.HasPrefix(name, "OTEL_"):
		case name == "TMPDIR", name == "XDG_RUNTIME_DIR", name == "USER":
		default:
			kept = append(kept, entry)
		}
	}
	return append(kept,
		"TMPDIR="+tmpFolder(root),
		"XDG_RUNTIME_DIR="+runFolder(root),
		// As root of a user namespace, runc ignores XDG_RUNTIME_DIR where USER
		// says root.
		"USER=layerwise",
	)
}

// call waits for the answer of a method of Server until ctx is done.
func (c *child) call(ctx context.Context, method string, request, reply any) error {
	call := c.control.Go("Server."+method, request, reply, make(chan *rpc.Call, 1))
	select {
	case <-call.Done:
		if call.Error == nil {
			return nil
		}
		if _, answered := call.Error.(rpc.ServerError); answered {
			return call.Error
		}
		return c.gone(call.Error)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// gone describes the end of a child that should still be there. The connection
// breaks a moment before the process is known to have ended.
func (c *child) gone(cause error) error {
	select {
	case <-c.process.Done():
		cause = c.process.Err()
	case <-time.After(time.Second):
	}
	if cause == nil {
		cause = errors.New("it stopped by itself")
	}
	if wasKilled(cause) {
		return fmt.Errorf("%w: %w", ErrKilled, cause)
	}
	const advice = "if this happens again, remove its state with: layerwise engine prune --all"
	switch crash, tail := logEnd(c.log); {
	case isDamage(crash):
		return fmt.Errorf("the engine's state is damaged: %s; remove it with: layerwise engine prune --all", crash)
	case crash != "":
		return fmt.Errorf("the embedded engine is gone: %w; it crashed: %s; %s", cause, crash, advice)
	case tail != "":
		return fmt.Errorf("the embedded engine is gone: %w; %s; the last lines of %s:\n%s", cause, advice, c.log, tail)
	}
	return fmt.Errorf("the embedded engine is gone: %w; %s", cause, advice)
}

// wasKilled says whether a process that should still be there was ended by a signal
// that no program can send to itself by mistake.
func wasKilled(cause error) bool {
	var exit *exec.ExitError
	if !errors.As(cause, &exit) {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	// The init of the engine's namespace ends with the engine's own end.
	return ok && (status.Signaled() && status.Signal() == syscall.SIGKILL || status.ExitStatus() == 128+int(syscall.SIGKILL))
}

// stop tells the child to end, and makes it end after a while.
func (c *child) stop() error {
	c.builder.Close()
	c.control.Close()
	select {
	case <-c.process.Done():
	case <-time.After(stopTimeout):
		if err := c.process.Kill(); err != nil {
			return err
		}
	}
	if err := c.process.Err(); err != nil {
		return c.gone(err)
	}
	return nil
}

// abandon ends a child that failed for a known reason, to which the way it ends
// adds nothing.
func (c *child) abandon() {
	_ = c.process.Kill()
	_ = c.stop()
}
