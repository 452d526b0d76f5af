// Command probe runs in a test container and tells what it sees. Each argument is
// an action, name:value; the results are lines on standard output.
package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

func main() {
	for _, arg := range os.Args[1:] {
		name, value, _ := strings.Cut(arg, ":")
		act(name, value)
	}
}

func act(name, value string) {
	switch name {
	case "exit":
		n, _ := strconv.Atoi(value)
		os.Exit(n)
	case "echo":
		fmt.Println(value)
	case "stderr":
		fmt.Fprintln(os.Stderr, value)
	case "env":
		fmt.Println(os.Getenv(value))
	case "cat":
		data, err := os.ReadFile(value)
		show(string(data), err)
	case "stdin":
		data, err := io.ReadAll(os.Stdin)
		show(string(data), err)
	case "ls":
		names, err := filepath.Glob(value)
		show(strings.Join(names, " "), err)
	case "stat":
		var st syscall.Stat_t
		err := syscall.Lstat(value, &st)
		show(fmt.Sprintf("%o %d:%d %d/%d", st.Mode, st.Uid, st.Gid, st.Rdev>>8, st.Rdev&0xff), err)
	case "readlink":
		link, err := os.Readlink(value)
		show(link, err)
	case "write":
		show("written", os.WriteFile(value, []byte("x"), 0o644))
	case "open":
		f, err := os.OpenFile(value, os.O_RDWR|syscall.O_NONBLOCK, 0)
		if err == nil {
			f.Close()
		}
		show("opened", err)
	case "chmod":
		show("changed", os.Chmod(value, 0o600))
	case "environ":
		fmt.Println(strings.Join(os.Environ(), " "))
	case "append":
		f, err := os.OpenFile(value, os.O_WRONLY|os.O_APPEND, 0)
		if err == nil {
			_, err = f.WriteString("appended\n")
		}
		show("appended", err)
	case "cwd":
		dir, err := os.Getwd()
		show(dir, err)
	case "id":
		groups, err := os.Getgroups()
		show(fmt.Sprint(os.Getuid(), os.Getgid(), groups), err)
	case "status": // one line of /proc/self/status
		data, err := os.ReadFile("/proc/self/status")
		for line := range strings.Lines(string(data)) {
			if strings.HasPrefix(line, value+":") {
				fmt.Print(line)
			}
		}
		if err != nil {
			show("", err)
		}
	case "hostname":
		h, err := os.Hostname()
		show(h, err)
	case "interfaces":
		list, err := net.Interfaces()
		var names []string
		for _, i := range list {
			names = append(names, i.Name+"="+i.Flags.String())
		}
		show(strings.Join(names, " "), err)
	case "rlimit":
		n, _ := strconv.Atoi(value)
		var l syscall.Rlimit
		_, _, errno := syscall.RawSyscall6(syscall.SYS_PRLIMIT64, 0, uintptr(n), 0, uintptr(unsafe.Pointer(&l)), 0, 0)
		show(fmt.Sprint(l.Cur, l.Max), errno)
	case "umask":
		fmt.Printf("%03o\n", syscall.Umask(0))
	case "pid":
		fmt.Println(os.Getpid())
	case "syscall": // number,args…
		var a [7]uintptr
		for i, f := range strings.Split(value, ",") {
			n, err := strconv.ParseUint(f, 0, 64)
			if err != nil {
				show("", err)
				return
			}
			a[i] = uintptr(n)
		}
		_, _, errno := syscall.RawSyscall6(a[0], a[1], a[2], a[3], a[4], a[5], a[6])
		show("ok", errno)
	case "run": // a program with no arguments; what became of it
		out, err := exec.Command(value).CombinedOutput()
		show(strings.TrimSpace(string(out)), err)
	case "spawn": // a process of its own session that outlives us, unless it is ended
		cmd := exec.Command("/proc/self/exe", "sleep:"+value)
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		show("spawned", cmd.Start())
	case "catch":
		c := make(chan os.Signal, 1)
		signal.Notify(c, syscall.SIGTERM, syscall.SIGUSR1)
		fmt.Println("waiting")
		fmt.Println("caught", <-c)
	case "default": // give a signal its default action back, which Go does not
		n, _ := strconv.Atoi(value)
		var action [4]uintptr
		_, _, errno := syscall.RawSyscall6(syscall.SYS_RT_SIGACTION, uintptr(n), uintptr(unsafe.Pointer(&action)), 0, 8, 0, 0)
		show("default", errno)
	case "sleep":
		d, _ := time.ParseDuration(value)
		fmt.Println("sleeping")
		time.Sleep(d)
	case "killself":
		n, _ := strconv.Atoi(value)
		child := exec.Command("/proc/self/exe", "sleep:1h")
		child.Start()
		child.Process.Signal(syscall.Signal(n))
		err := child.Wait()
		show("", err)
	case "fds":
		names, err := filepath.Glob("/proc/self/fd/*")
		var open []string
		for _, n := range names {
			if target, err := os.Readlink(n); err == nil {
				open = append(open, filepath.Base(n)+"="+target)
			}
		}
		show(strings.Join(open, " "), err)
	case "tty":
		var size [4]uint16
		_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, 0, syscall.TIOCGWINSZ, uintptr(unsafe.Pointer(&size)))
		show(fmt.Sprint("tty ", size[0], "x", size[1]), errno)
	case "line":
		var line [64]byte
		n, err := os.Stdin.Read(line[:])
		show("read "+strings.TrimSpace(string(line[:n])), err)
	case "overwrite": // try to empty the program that value, a process, runs
		f, err := os.OpenFile("/proc/"+value+"/exe", os.O_WRONLY|os.O_TRUNC, 0)
		if err == nil {
			f.Close()
		}
		show("opened for writing", err)
	default:
		fmt.Println("unknown action", name)
		os.Exit(99)
	}
}

// show prints a result, or the error's last cause.
func show(result string, err error) {
	var errno syscall.Errno
	switch {
	case err == nil || err == syscall.Errno(0):
		fmt.Println(result)
	case errors.As(err, &errno):
		fmt.Println("error:", errno)
	default:
		fmt.Println("error:", err)
	}
}
