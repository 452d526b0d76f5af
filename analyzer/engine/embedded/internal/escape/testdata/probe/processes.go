package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

var processes = []probe{
	{"processes/seen", func() string { return strings.Join(pids(), " ") }},
	{"processes/own-pid", func() string { return strconv.Itoa(os.Getpid()) }},
	{"processes/parent", func() string { return strconv.Itoa(os.Getppid()) }},
	{"processes/kill", func() string { return outcome(unix.Kill(machine.PID, unix.SIGKILL)) }},
	{"processes/ptrace", func() string { return outcome(unix.PtraceAttach(machine.PID)) }},
	{"processes/read-memory", func() string {
		buffer := make([]byte, 16)
		local := []unix.Iovec{{Base: &buffer[0], Len: 16}}
		_, err := unix.ProcessVMReadv(machine.PID, local, []unix.RemoteIovec{{Base: 4096, Len: 16}}, 0)
		return outcome(err)
	}},
	{"processes/open-memory", func() string { return opening("/proc/"+strconv.Itoa(machine.PID)+"/mem", unix.O_RDWR)() }},
	{"processes/pidfd-open", func() string {
		_, err := unix.PidfdOpen(machine.PID, 0)
		return outcome(err)
	}},
	{"processes/pidfd-getfd", call(unix.SYS_PIDFD_GETFD, 0, 0, 0)},
	{"processes/priority", func() string { return outcome(unix.Setpriority(unix.PRIO_PROCESS, machine.PID, 19)) }},
	{"processes/affinity", func() string {
		var set unix.CPUSet
		set.Set(0)
		return outcome(unix.SchedSetaffinity(machine.PID, &set))
	}},
	{"processes/limit", func() string {
		return outcome(unix.Prlimit(machine.PID, unix.RLIMIT_NOFILE, &unix.Rlimit{}, nil))
	}},
	{"processes/process-group", func() string {
		_, err := unix.Getpgid(machine.PID)
		return outcome(err)
	}},
	{"processes/session", func() string {
		session, err := unix.Getsid(0)
		if err != nil {
			return outcome(err)
		}
		return strconv.Itoa(session)
	}},
	{"processes/semaphores", sysv("sem")},
	{"processes/shared-memory", sysv("shm")},
	{"processes/message-queues", sysv("msg")},
	{"processes/kill-all", killAll},
}

// sysv counts the System V objects that can be seen.
func sysv(kind string) func() string {
	return func() string {
		text, err := os.ReadFile("/proc/sysvipc/" + kind)
		if err != nil {
			return outcome(err)
		}
		return strconv.Itoa(strings.Count(string(text), "\n")-1) + " objects"
	}
}

func pids() []string {
	paths, _ := filepath.Glob("/proc/[0-9]*")
	for i, path := range paths {
		paths[i] = filepath.Base(path)
	}
	return paths
}

// killAll ends everything that can be ended, where that is what it should be.
func killAll() string {
	if os.Getpid() != 1 || len(pids()) != 1 {
		return "others are there"
	}
	return outcome(syscall.Kill(-1, syscall.SIGKILL))
}
