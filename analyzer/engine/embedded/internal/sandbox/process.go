//go:build linux

package sandbox

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"
)

// Spec says what to run.
type Spec struct {
	Name  string     // argv[0] of the program proper, by which its Main knows itself
	Files []*os.File // open in it from descriptor FirstFile on, in this order
	Log   *os.File   // its standard output and error
	Env   []string
	// Apart has the program run with the ids of a range, and no other way. It
	// takes the folder Carry along, which belongs to the first id. Only root can
	// do that.
	Apart *Range
	Carry string // an absolute path without symbolic links
}

// FirstFile is the descriptor of the first of Spec.Files.
const FirstFile = 3

// Process is a running sandbox.
type Process struct {
	IDs  IDs // how its user namespace maps ids
	kill func() error
	done chan struct{}
	err  error
}

// Done is closed when the init has ended, and with it all processes of the
// sandbox.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err says how the program ended: nil after Done where its status was 0.
func (p *Process) Err() error {
	<-p.done
	return p.err
}

// Kill ends all processes of the sandbox at once. Done follows.
func (p *Process) Kill() error {
	if err := p.kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("kill sandbox: %w", err)
	}
	return nil
}

// Start runs spec in the first kind of namespaces that the machine allows. The
// program does not outlive the caller's process.
func Start(spec Spec) (*Process, error) {
	plans := plansFor(os.Geteuid())
	if spec.Apart != nil {
		plans = []plan{apartPlan(*spec.Apart)}
	}
	var refused []error
	for _, plan := range plans {
		p, err := start(spec, plan)
		if err == nil {
			return p, nil
		}
		refused = append(refused, fmt.Errorf("%s: %w", plan.ids, err))
	}
	return nil, &RefusedError{Hint: hint("/"), err: errors.Join(refused...)}
}

// start runs spec by one plan. The thread that starts a process counts as its
// parent for the parent-death signal, so one thread is kept for it.
func start(spec Spec, plan plan) (*Process, error) {
	release, hold, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("make pipe: %w", err)
	}
	defer hold.Close()
	cmd := command(spec, plan, release)
	p := &Process{IDs: plan.ids, done: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			p.err = cmd.Wait()
			close(p.done)
		}
	}()
	err = <-started
	release.Close()
	if err != nil {
		return nil, err
	}
	p.kill = cmd.Process.Kill
	if err := plan.mapIDs(cmd.Process.Pid); err != nil {
		p.Kill()
		<-p.done
		return nil, err
	}
	if _, err := hold.Write([]byte{released}); err != nil {
		p.Kill()
		<-p.done
		return nil, fmt.Errorf("release init: %w", err)
	}
	return p, nil
}

// released is what the init waits for before it starts the program.
const released = 1

func command(spec Spec, plan plan, release *os.File) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe")
	cmd.Args = []string{initName, spec.Name, strconv.Itoa(len(spec.Files))}
	if spec.Apart != nil {
		cmd.Args = append(cmd.Args, spec.Carry)
	}
	cmd.Env = spec.Env
	cmd.Dir = "/"
	cmd.Stdout, cmd.Stderr = spec.Log, spec.Log
	cmd.ExtraFiles = append(append(cmd.ExtraFiles, spec.Files...), release)
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: plan.flags,
		Pdeathsig:  syscall.SIGKILL,
		// Out of reach of the terminal, whose interrupt is for the caller.
		Setsid:                     true,
		UidMappings:                plan.uids,
		GidMappings:                plan.gids,
		GidMappingsEnableSetgroups: plan.setgroups,
		AmbientCaps:                plan.rights,
	}
	return cmd
}
