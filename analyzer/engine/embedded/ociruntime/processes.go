//go:build linux

package ociruntime

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// killChildren ends every child of this process, and theirs, which become ours
// when they lose their parent.
func killChildren() {
	for {
		for _, pid := range children() {
			unix.Kill(pid, unix.SIGKILL) // ours until we wait for it, so never another's pid
		}
		pid, err := unix.Wait4(-1, nil, unix.WNOHANG, nil)
		switch {
		case pid > 0 || errors.Is(err, unix.EINTR):
		case err != nil:
			return // no child is left
		default:
			// One is still ending, or came to us after the list was made.
			time.Sleep(time.Millisecond)
		}
	}
}

// children returns the processes whose parent is this one.
func children() []int {
	self := strconv.Itoa(os.Getpid())
	var pids []int
	files, _ := filepath.Glob("/proc/[0-9]*") // the pattern is well formed
	for _, file := range files {
		pid, err := strconv.Atoi(filepath.Base(file))
		if err != nil {
			continue
		}
		if fields, err := processStat(pid); err == nil && fields[statParent] == self {
			pids = append(pids, pid)
		}
	}
	return pids
}

// Fields that processStat returns, as proc_pid_stat(5) numbers them less three.
const (
	statState     = 0
	statParent    = 1
	statStartTime = 19 // in ticks since the boot
	statFields    = 20 // how many there are at least
)

// processStat returns the fields of /proc/PID/stat after the command's name.
func processStat(pid int) ([]string, error) {
	path := "/proc/" + strconv.Itoa(pid) + "/stat"
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	// The name is in parentheses, and may hold anything.
	fields := strings.Fields(string(data[strings.LastIndexByte(string(data), ')')+1:]))
	if len(fields) < statFields {
		return nil, &os.PathError{Op: "parse", Path: path, Err: unix.EINVAL}
	}
	return fields, nil
}
