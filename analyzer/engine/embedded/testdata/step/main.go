// Step is the program that the tests run as a build step: static, so that it is
// all that a root file system needs.
package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "step:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch args[0] {
	case "write": // write FILE TEXT
		return os.WriteFile(args[1], []byte(args[2]), 0o644)
	case "fill": // fill FILE BYTES
		size, err := strconv.Atoi(args[2])
		if err != nil {
			return err
		}
		return os.WriteFile(args[1], make([]byte, size), 0o644)
	case "spill": // spill FILE BYTES: fill, then fail
		if err := run([]string{"fill", args[1], args[2]}); err != nil {
			return err
		}
		return fmt.Errorf("failed as told")
	case "sleep": // sleep SECONDS [MARK]; the mark is for /proc
		seconds, err := strconv.Atoi(args[1])
		if err != nil {
			return err
		}
		fmt.Println("sleeping")
		time.Sleep(time.Duration(seconds) * time.Second)
		return nil
	case "fork": // fork SECONDS MARK: sleep in a child, in a session of its own
		return exec.Command("/step", append([]string{"sleep"}, args[1:]...)...).Start()
	case "apart": // fail where root is the machine's root
		ids, err := os.ReadFile("/proc/self/uid_map")
		if err == nil && strings.HasPrefix(strings.Join(strings.Fields(string(ids)), " "), "0 0 ") {
			err = fmt.Errorf("root is root: %s", ids)
		}
		return err
	case "modes": // modes FILE=MODE…, as os.FileMode prints it, "" for a file that is not there
		for _, want := range args[1:] {
			path, mode, _ := strings.Cut(want, "=")
			got := ""
			if info, err := os.Lstat(path); err == nil {
				got = info.Mode().String()
			}
			if got != mode {
				return fmt.Errorf("%s is %q, want %q", path, got, mode)
			}
		}
		return nil
	case "open": // open FILE: it must be refused
		f, err := os.OpenFile(args[1], os.O_RDWR|syscall.O_NONBLOCK, 0)
		if err == nil {
			f.Close()
			return fmt.Errorf("opened %s", args[1])
		}
		return nil
	case "connect": // connect ADDRESS
		conn, err := net.DialTimeout("tcp", args[1], 10*time.Second)
		if err == nil {
			err = conn.Close()
		}
		return err
	case "refused": // refused ADDRESS: connecting must be refused
		conn, err := net.DialTimeout("tcp", args[1], 10*time.Second)
		if err == nil {
			conn.Close()
			return fmt.Errorf("connected to %s", args[1])
		}
		if !errors.Is(err, syscall.ECONNREFUSED) {
			return err
		}
		return nil
	case "interfaces": // interfaces NAME…: they are all that there are
		all, err := net.Interfaces()
		if err != nil {
			return err
		}
		var names []string
		for _, i := range all {
			names = append(names, i.Name)
		}
		if got, want := strings.Join(names, " "), strings.Join(args[1:], " "); got != want {
			return fmt.Errorf("interfaces are %q, want %q", got, want)
		}
		return nil
	case "fail":
		return fmt.Errorf("failed as told")
	}
	return fmt.Errorf("unknown command %q", args[0])
}
