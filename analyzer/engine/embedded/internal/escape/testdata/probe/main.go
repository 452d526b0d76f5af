// Go's runtime would keep files of the control group open, which are to be seen
// apart from those that a step is given.
//
//go:debug containermaxprocs=0

// Probe runs as a build step and tries what a step is not to do. It tells what
// came of each attempt, one line each: the probe's name, and "ok", the name of
// the kernel's error, or what it saw.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// facts are what a step is told of the machine, as it would have to guess.
type facts struct {
	Mark     string // in the environment of the engine and of the sentinel
	Secret   string // path of a file of the machine
	Content  string // SHA-256 of that file, in hexadecimal digits
	PID      int    // of the sentinel, a process of the machine
	Abstract string // name of an abstract socket
	TCP4     string // addresses that listen on the loopback interface
	TCP6     string
	UDP4     string
	Outside  string // address that listens on another interface, "" where there is none
}

var machine facts

type probe struct {
	name string
	try  func() string
}

func main() {
	open := openFiles() // before this program opens any
	text, err := os.ReadFile("/facts.json")
	if err == nil {
		err = json.Unmarshal(text, &machine)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "probe:", err)
		os.Exit(1)
	}
	switch name := os.Args[1]; name {
	case "suite":
		for _, group := range [][]probe{
			devices, kernelFiles, mounts, namespaces, descriptors(open), sockets, kernel, rights, processes,
		} {
			for _, p := range group {
				fmt.Printf("%s: %s\n", p.name, within(p.try))
			}
		}
	default:
		act, ok := acts[name]
		if !ok {
			fmt.Fprintf(os.Stderr, "probe: unknown %q\n", name)
			os.Exit(1)
		}
		fmt.Printf("%s: %s\n", name, within(act))
	}
}

// acts are what single steps, and children of the suite's, do.
var acts = map[string]func() string{
	"nothing":    func() string { return "ok" },
	"chroot":     escapeChroot,
	"identity":   identity,
	"interfaces": interfaces,
	"neighbour":  neighbour,
	"owner":      owner,
	"read":       readAll,
	"write":      writeAll,
	"rewrite":    rewrite,
	"cwd":        currentFolder,
	"node":       openNode,
	"user":       func() string { return strconv.Itoa(os.Getuid()) },
}

// within calls try on a thread that ends with it, and not for long.
func within(try func() string) string {
	result := make(chan string, 1)
	go func() {
		runtime.LockOSThread()
		defer func() {
			if r := recover(); r != nil {
				result <- fmt.Sprintf("panic: %v", r)
			}
		}()
		result <- try()
	}()
	select {
	case s := <-result:
		return strings.ReplaceAll(s, "\n", " ")
	case <-time.After(20 * time.Second):
		return "hangs"
	}
}

// outcome names an error by the kernel's word for it.
func outcome(err error) string {
	var errno syscall.Errno
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &errno):
		if name := unix.ErrnoName(errno); name != "" {
			return name
		}
	case os.IsTimeout(err):
		return "timeout"
	}
	return err.Error()
}

// call makes a system call.
func call(number uintptr, args ...uintptr) func() string {
	var a [6]uintptr
	copy(a[:], args)
	return func() string {
		_, _, errno := syscall.Syscall6(number, a[0], a[1], a[2], a[3], a[4], a[5])
		if errno != 0 {
			return outcome(errno)
		}
		return "ok"
	}
}

// opening opens a file and does nothing with it.
func opening(path string, flags int) func() string {
	return func() string {
		fd, err := unix.Open(path, flags|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
		if err == nil {
			unix.Close(fd)
		}
		return outcome(err)
	}
}

// child runs this program again, for what would change the whole process.
func child(act string) func() string {
	return func() string {
		out, err := exec.Command("/proc/self/exe", act).CombinedOutput()
		if err != nil {
			return fmt.Sprintf("%v %s", err, out)
		}
		_, result, _ := strings.Cut(strings.TrimSpace(string(out)), ": ")
		return result
	}
}
