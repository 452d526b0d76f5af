//go:build linux

package ociruntime

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// killWait is how long delete --force waits for a killed container to be gone.
const killWait = 10 * time.Second

// kill sends a signal to the first process of a container, or to all of them.
func kill(opt options, s store) error {
	sig, err := parseSignal(opt.signal)
	if err != nil {
		return err
	}
	st, err := s.load(opt.id)
	if err != nil {
		return err
	}
	if opt.all {
		return signalAll(st, sig)
	}
	return signalFirst(st, sig)
}

// deleteContainer removes what is stored of a container that has ended; with
// --force also of one that runs, which it kills, and of none at all.
func deleteContainer(opt options, s store) error {
	st, err := s.load(opt.id)
	if opt.force && errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil && !opt.force {
		return err
	}
	if err == nil && st.Status != statusStopped {
		if !opt.force {
			return fmt.Errorf("container %s is %s; kill it first, or use --force", st.ID, st.Status)
		}
		if err := killAndWait(st); err != nil {
			return err
		}
	}
	if err := s.remove(opt.id); err != nil && !(opt.force && errors.Is(err, fs.ErrNotExist)) {
		return fmt.Errorf("delete container %s: %w", opt.id, err)
	}
	return nil
}

// openProcess returns a pidfd of the container's first process, checked to be
// that very process. The error is os.ErrProcessDone when it has ended.
func openProcess(st state) (*os.File, error) {
	if st.Pid == 0 {
		return nil, fmt.Errorf("container %s is still being created", st.ID)
	}
	fd, err := unix.PidfdOpen(st.Pid, 0)
	if err == nil && sameProcess(st) {
		return os.NewFile(uintptr(fd), "pidfd"), nil
	}
	if err == nil {
		unix.Close(fd)
		err = unix.ESRCH
	}
	if errors.Is(err, unix.ESRCH) {
		err = os.ErrProcessDone
	}
	return nil, fmt.Errorf("container %s is not running: %w", st.ID, err)
}

// signalFirst sends sig to the container's first process. Linux drops a signal
// without a handler that is sent to the first process of a PID namespace: where
// the default would have ended any other process, this one is killed.
func signalFirst(st state, sig syscall.Signal) error {
	process, err := openProcess(st)
	if err != nil {
		return err
	}
	defer process.Close()
	if endsByDefault(sig) && !handles(st.Pid, sig) {
		sig = unix.SIGKILL
	}
	if err := unix.PidfdSendSignal(int(process.Fd()), sig, nil, 0); err != nil {
		return fmt.Errorf("send %s to container %s: %w", unix.SignalName(sig), st.ID, err)
	}
	return nil
}

// endsByDefault reports whether sig asks a process to end and its default action
// does so.
func endsByDefault(sig syscall.Signal) bool {
	switch sig {
	case unix.SIGTERM, unix.SIGINT, unix.SIGHUP, unix.SIGQUIT:
		return true
	}
	return false
}

// handles reports whether the process catches, ignores or blocks sig. The init
// stage, which is Go, catches everything; what it is told before the program
// starts reaches it too.
func handles(pid int, sig syscall.Signal) bool {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return true
	}
	for line := range strings.Lines(string(data)) {
		key, value, _ := strings.Cut(line, ":")
		switch key {
		case "SigBlk", "SigIgn", "SigCgt":
			mask, err := strconv.ParseUint(strings.TrimSpace(value), 16, 64)
			if err == nil && mask&(1<<(sig-1)) != 0 {
				return true
			}
		}
	}
	return false
}

// signalAll sends sig to every process in the container's PID namespace. SIGKILL
// goes to the first only, and the kernel ends the others with it. A container
// without a PID namespace is its first process here; the monitor kills what that
// one leaves behind.
func signalAll(st state, sig syscall.Signal) error {
	if sig == unix.SIGKILL || sharesPIDs(st.Pid) {
		return signalFirst(st, sig)
	}
	first, err := openProcess(st)
	if err != nil {
		return err
	}
	defer first.Close()
	namespace, err := os.Readlink("/proc/" + strconv.Itoa(st.Pid) + "/ns/pid")
	if err != nil {
		return fmt.Errorf("processes of container %s: %w", st.ID, err)
	}
	links, err := filepath.Glob("/proc/[0-9]*/ns/pid")
	if err != nil {
		return err
	}
	for _, link := range links {
		pid, _ := strconv.Atoi(strings.Split(link, "/")[2])
		fd, err := unix.PidfdOpen(pid, 0)
		if err != nil {
			continue // it has ended
		}
		if ns, err := os.Readlink(link); err == nil && ns == namespace {
			unix.PidfdSendSignal(fd, sig, nil, 0)
		}
		unix.Close(fd)
	}
	return nil
}

// sharesPIDs reports whether the process is in our own PID namespace.
func sharesPIDs(pid int) bool {
	theirs, err := os.Readlink("/proc/" + strconv.Itoa(pid) + "/ns/pid")
	ours, err2 := os.Readlink("/proc/self/ns/pid")
	return err == nil && err2 == nil && theirs == ours
}

// killAndWait kills a container and waits until its first process is gone.
func killAndWait(st state) error {
	process, err := openProcess(st)
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	if err != nil {
		return err
	}
	defer process.Close()
	if err := unix.PidfdSendSignal(int(process.Fd()), unix.SIGKILL, nil, 0); err != nil && !errors.Is(err, unix.ESRCH) {
		return fmt.Errorf("kill container %s: %w", st.ID, err)
	}
	deadline := time.Now().Add(killWait)
	poll := []unix.PollFd{{Fd: int32(process.Fd()), Events: unix.POLLIN}}
	for {
		n, err := unix.Poll(poll, int(time.Until(deadline).Milliseconds()))
		switch {
		case n > 0:
			return nil
		case errors.Is(err, unix.EINTR) && time.Now().Before(deadline):
		case err != nil && !errors.Is(err, unix.EINTR):
			return fmt.Errorf("wait for container %s: %w", st.ID, err)
		default:
			return fmt.Errorf("container %s is still there %s after it was killed", st.ID, killWait)
		}
	}
}

// parseSignal reads a number, or a name with or without SIG; "" is SIGTERM.
func parseSignal(s string) (syscall.Signal, error) {
	if s == "" {
		return unix.SIGTERM, nil
	}
	if n, err := strconv.Atoi(s); err == nil {
		if n < 1 || n > 64 {
			return 0, fmt.Errorf("signal %d is not between 1 and 64", n)
		}
		return syscall.Signal(n), nil
	}
	name := strings.ToUpper(s)
	if sig := unix.SignalNum("SIG" + strings.TrimPrefix(name, "SIG")); sig != 0 {
		return sig, nil
	}
	return 0, fmt.Errorf("unknown signal %q", s)
}
