//go:build linux

package sandbox

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

const initName = "layerwise-engine-init"

// Main must be called first in main. In an init it does not return.
func Main() {
	if len(os.Args) == 0 || filepath.Base(os.Args[0]) != initName {
		return
	}
	code, err := runInit(os.Args)
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", initName, err)
		code = 1
	}
	os.Exit(code)
}

// runInit returns the exit status of the program.
func runInit(args []string) (int, error) {
	// A change of credentials may have dropped the signal that the caller set.
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(syscall.SIGKILL), 0, 0, 0); err != nil {
		return 0, fmt.Errorf("set parent-death signal: %w", err)
	}
	if len(args) != 3 && len(args) != 4 {
		return 0, fmt.Errorf("want a name, a number of files and perhaps a folder, got %q", args[1:])
	}
	files, err := strconv.Atoi(args[2])
	if err != nil {
		return 0, fmt.Errorf("number of files: %w", err)
	}
	// A caller that dies before it lets go closes the pipe without a word.
	release := os.NewFile(uintptr(FirstFile+files), "release")
	if n, err := release.Read(make([]byte, 1)); n != 1 {
		return 0, fmt.Errorf("caller is gone: %w", err)
	}
	release.Close()
	os.Unsetenv(refusedEnv)
	if len(args) == 4 {
		if err := carry(args[3]); err != nil {
			// The program has a way to tell the caller.
			os.Setenv(refusedEnv, err.Error())
		}
	}
	pid, err := startProgram(args[1], files)
	if err != nil {
		return 0, err
	}
	return reap(pid)
}

// refusedEnv is why a program's init could not do all that it should.
const refusedEnv = "LAYERWISE_SANDBOX_REFUSED"

// startProgram hands all files on and keeps none: the other ends of sockets
// must see the program's end, and a lock is held by the program itself.
func startProgram(name string, files int) (pid int, err error) {
	// The program gets the whole of the namespace's rights in this exec, since
	// only now ids are mapped.
	attr := &os.ProcAttr{Env: os.Environ(), Files: []*os.File{os.Stdin, os.Stdout, os.Stderr}}
	for i := range files {
		f := os.NewFile(uintptr(FirstFile+i), "inherited")
		defer f.Close()
		attr.Files = append(attr.Files, f)
	}
	runtime.LockOSThread()
	if err := dropAmbient(); err != nil {
		return 0, err
	}
	p, err := os.StartProcess("/proc/self/exe", []string{name}, attr)
	if err != nil {
		return 0, fmt.Errorf("start %s: %w", name, err)
	}
	return p.Pid, nil
}

// dropAmbient has what this thread starts get its rights from its ids alone.
func dropAmbient() error {
	if err := unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); err != nil {
		return fmt.Errorf("drop ambient capabilities: %w", err)
	}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return fmt.Errorf("read capabilities: %w", err)
	}
	data[0].Inheritable, data[1].Inheritable = 0, 0
	if err := unix.Capset(&header, &data[0]); err != nil {
		return fmt.Errorf("drop inheritable capabilities: %w", err)
	}
	return nil
}

// reap waits for all children until the program ends.
func reap(program int) (int, error) {
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, 0, nil)
		switch {
		case errors.Is(err, syscall.EINTR), err == nil && pid != program:
			continue
		case err != nil:
			return 0, fmt.Errorf("wait for children: %w", err)
		case status.Signaled():
			return 128 + int(status.Signal()), nil
		default:
			return status.ExitStatus(), nil
		}
	}
}

// Enter must be called by the program before it starts anything: it shuts the
// inherited files off from its children, keeps its mounts to itself, and mounts
// the proc file system of its PID namespace.
func Enter(files int) error {
	for fd := FirstFile; fd < FirstFile+files; fd++ {
		unix.CloseOnExec(fd)
	}
	if refused := os.Getenv(refusedEnv); refused != "" {
		return errors.New(refused)
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_SLAVE, ""); err != nil {
		// AppArmor lets a user namespace be made, and takes its rights away.
		return fmt.Errorf("detach mounts: %w; %s", err, hint("/"))
	}
	if err := unix.Mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("mount /proc: %w (in a container, the whole of /proc must be visible: run it with --security-opt systempaths=unconfined)", err)
	}
	return nil
}
