package main

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

var rights = []probe{
	{"rights/bounding", status("CapBnd")},
	{"rights/effective", status("CapEff")},
	{"rights/permitted", status("CapPrm")},
	{"rights/inheritable", status("CapInh")},
	{"rights/ambient", status("CapAmb")},
	{"rights/no-new-privileges", status("NoNewPrivs")},
	{"rights/seccomp", status("Seccomp")},
	{"rights/root-is-root", rootIsRoot},
	{"rights/raise-files", func() string {
		limit := unix.Rlimit{Cur: 1 << 30, Max: 1 << 30}
		return outcome(unix.Prlimit(0, unix.RLIMIT_NOFILE, &limit, nil))
	}},
	{"rights/raise-priority", func() string { return outcome(unix.Setpriority(unix.PRIO_PROCESS, 0, -20)) }},
	{"rights/raise-bounding", func() string {
		return outcome(unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_RAISE, unix.CAP_SYS_ADMIN, 0, 0))
	}},
	{"rights/securebits", func() string { return outcome(unix.Prctl(unix.PR_SET_SECUREBITS, 1, 0, 0, 0)) }},
}

// status is a line of /proc/self/status; capabilities by the least number of
// digits.
func status(name string) func() string {
	return func() string {
		text, err := os.ReadFile("/proc/self/status")
		if err != nil {
			return outcome(err)
		}
		for line := range strings.Lines(string(text)) {
			if value, ok := strings.CutPrefix(line, name+":"); ok {
				value = strings.TrimSpace(value)
				return value[:1] + strings.TrimLeft(value[1:], "0")
			}
		}
		return "unknown"
	}
}

// rootIsRoot tells whose root this process is.
func rootIsRoot() string {
	text, err := os.ReadFile("/proc/self/uid_map")
	if err != nil {
		return outcome(err)
	}
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); f[0] == "0" {
			if f[1] == "0" {
				return "the machine's"
			}
			return "another id"
		}
	}
	return "no id"
}

// identity is what a set-user-ID program became.
func identity() string {
	return fmt.Sprintf("uid %d, euid %d, rights %s", os.Getuid(), os.Geteuid(), status("CapEff")())
}
