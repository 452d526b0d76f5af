//go:build linux

package ociruntime

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"sync/atomic"
	"syscall"

	"github.com/layerwise/layerwise/analyzer/internal/atomicfile"
	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// run starts a container, waits for it and returns its exit code: the program's,
// or 128 and the number of the signal that ended it.
func run(opt options, s store) (exitCode int, err error) {
	// The parent-death signal counts the parent's thread, and joined namespaces
	// are the thread's: keep it to the end of the process.
	runtime.LockOSThread()

	bundle, err := filepath.Abs(opt.bundle)
	if err != nil {
		return 1, err
	}
	spec, err := loadSpec(bundle)
	if err != nil {
		return 1, err
	}
	if err := s.reserve(opt.id); err != nil {
		return 1, err
	}
	c := &container{opt: opt, store: s, spec: spec, state: state{ID: opt.id, Status: statusCreating}}
	code, err := c.run()
	if err != nil || !opt.keep {
		return code, errors.Join(err, s.remove(opt.id))
	}
	c.state.Status = statusStopped
	return code, s.save(c.state)
}

// container is the monitor's side of a container.
type container struct {
	opt     options
	store   store
	spec    *specs.Spec
	state   state
	console atomic.Pointer[console] // nil without a terminal
}

func (c *container) run() (exitCode int, err error) {
	ns, err := parseNamespaces(c.spec.Linux.Namespaces)
	if err != nil {
		return 1, err
	}
	if !ns.has(unix.CLONE_NEWPID) {
		// Orphans come to this process, which ends them with the container.
		if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
			return 1, fmt.Errorf("become the reaper of the container: %w", err)
		}
		defer killChildren()
	}
	// From here on signals are the container's; the buffer holds those that come
	// before it is there.
	signals := make(chan os.Signal, 64)
	signal.Notify(signals)
	defer signal.Stop(signals)

	cmd, link, err := startInit(ns)
	if err != nil {
		return 1, err
	}
	defer link.Close()
	c.state.Pid = cmd.Process.Pid
	ended := make(chan struct{})
	defer close(ended)
	if err := c.start(link, signals, ended); err != nil {
		cmd.Process.Kill()
		if status := waitFor(cmd); errors.Is(err, errSilentEnd) && status.Signaled() {
			return exitStatus(status), nil // killed while it was being made
		}
		return 1, err
	}
	status := waitFor(cmd)
	if terminal := c.console.Load(); terminal != nil {
		if !ns.has(unix.CLONE_NEWPID) {
			killChildren() // or the terminal never closes
		}
		terminal.close()
	}
	return exitStatus(status), nil
}

// startInit clones the init stage into the container's namespaces.
func startInit(ns namespaces) (*exec.Cmd, *os.File, error) {
	program, err := protectedProgram()
	if err != nil {
		return nil, nil, err
	}
	defer program.Close()
	link, theirs, err := newLink()
	if err != nil {
		return nil, nil, err
	}
	defer theirs.Close()
	if err := ns.enter(); err != nil {
		link.Close()
		return nil, nil, err
	}
	cmd := &exec.Cmd{
		Path:       "/proc/self/fd/" + strconv.Itoa(int(program.Fd())),
		Args:       []string{initName},
		Env:        []string{"GOMAXPROCS=2"},
		Stdin:      os.Stdin,
		Stdout:     os.Stdout,
		Stderr:     os.Stderr,
		ExtraFiles: []*os.File{theirs}, // linkFD
		SysProcAttr: &syscall.SysProcAttr{
			Cloneflags: uintptr(ns.create),
		},
	}
	if err := cmd.Start(); err != nil {
		link.Close()
		return nil, nil, fmt.Errorf("start the container's init stage (its namespaces may be refused here): %w", err)
	}
	return cmd, link, nil
}

// errSilentEnd means that the init stage ended before the program was started.
var errSilentEnd = errors.New("the container's init stage ended before it was ready")

// start stores the state that kill and delete rely on, sends the order, and returns
// when the container's program runs. Signals are forwarded meanwhile and after,
// until ended is closed.
func (c *container) start(link *os.File, signals <-chan os.Signal, ended <-chan struct{}) error {
	if err := c.state.identify(); err != nil {
		return errSilentEnd
	}
	if err := c.store.save(c.state); err != nil {
		return err
	}
	go c.forward(c.state, signals, ended)
	if c.opt.pidFile != "" {
		if err := atomicfile.Write(c.opt.pidFile, ".tmp-*", 0o600, []byte(strconv.Itoa(c.state.Pid))); err != nil {
			return fmt.Errorf("pid file: %w", err)
		}
	}
	c.sizeTerminal()
	err := sendOrder(link, order{Spec: c.spec, ID: c.state.ID, NoNewKeyring: c.opt.noNewKeyring})
	if err != nil {
		return errSilentEnd
	}
	ready, err := awaitStart(link, c.attachConsole)
	if err != nil {
		return err
	}
	if !ready {
		return errSilentEnd
	}
	c.state.Status = statusRunning
	return c.store.save(c.state)
}

// forward passes signals on to the container st until it has ended.
func (c *container) forward(st state, signals <-chan os.Signal, ended <-chan struct{}) {
	for {
		select {
		case <-ended:
			return
		case s := <-signals:
			switch sig := s.(syscall.Signal); sig {
			case unix.SIGCHLD, unix.SIGPIPE, unix.SIGURG: // ours; Go uses SIGURG itself
			case unix.SIGWINCH:
				if terminal := c.console.Load(); terminal != nil {
					terminal.resize()
				}
			default:
				signalFirst(st, sig) // it fails only when the container has ended
			}
		}
	}
}

// waitFor returns how the process ended.
func waitFor(cmd *exec.Cmd) syscall.WaitStatus {
	cmd.Wait() // its error is the status
	if cmd.ProcessState == nil {
		return 0
	}
	return cmd.ProcessState.Sys().(syscall.WaitStatus)
}

func exitStatus(status syscall.WaitStatus) int {
	if status.Signaled() {
		return 128 + int(status.Signal())
	}
	return status.ExitStatus()
}
