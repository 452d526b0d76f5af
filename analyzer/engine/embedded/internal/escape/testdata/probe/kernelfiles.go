package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

var kernelFiles = []probe{
	{"proc/sysrq-trigger", opening("/proc/sysrq-trigger", unix.O_WRONLY)},
	{"proc/core-pattern", opening("/proc/sys/kernel/core_pattern", unix.O_WRONLY)},
	{"proc/drop-caches", opening("/proc/sys/vm/drop_caches", unix.O_WRONLY)},
	{"proc/modprobe", opening("/proc/sys/kernel/modprobe", unix.O_WRONLY)},
	{"proc/binfmt", opening("/proc/sys/fs/binfmt_misc/register", unix.O_WRONLY)},
	{"proc/ip-forward", opening("/proc/sys/net/ipv4/ip_forward", unix.O_WRONLY)},
	{"proc/irq", opening("/proc/irq/default_smp_affinity", unix.O_WRONLY)},
	{"proc/kcore", content("/proc/kcore")},
	{"proc/keys", content("/proc/keys")},
	{"proc/timer-list", content("/proc/timer_list")},
	{"proc/sched-debug", content("/proc/sched_debug")},
	{"proc/acpi", content("/proc/acpi")},
	{"proc/scsi", content("/proc/scsi")},
	{"proc/kallsyms", kallsyms},
	{"proc/kmsg", opening("/proc/kmsg", unix.O_RDONLY)},
	{"proc/environ", everyProcess("environ")},
	{"proc/cmdline", everyProcess("cmdline")},
	{"proc/roots", roots},
	{"proc/oom-score", func() string { return outcome(os.WriteFile("/proc/self/oom_score_adj", []byte("-1000"), 0)) }},
	{"proc/uid-map", func() string { return outcome(os.WriteFile("/proc/self/uid_map", []byte("0 0 1"), 0)) }},
	{"proc/chmod-masked", func() string {
		err := unix.Chmod("/proc/kcore", 0o666)
		if err != nil {
			return outcome(err)
		}
		return content("/proc/kcore")()
	}},
	{"sys/firmware", content("/sys/firmware")},
	{"sys/uevent-helper", opening("/sys/kernel/uevent_helper", unix.O_WRONLY)},
	{"sys/mkdir", func() string { return outcome(unix.Mkdir("/sys/kernel/escape", 0o755)) }},
	{"sys/read-only", readOnly("/sys")},
	{"sys/hidden-powercap", content("/sys/devices/virtual/powercap")},
	{"cgroup/release-agent", releaseAgent},
	{"cgroup/mkdir", cgroupMkdir},
	{"cgroup/leave", cgroupLeave},
}

// content tells whether something can be read.
func content(path string) func() string {
	return func() string {
		info, err := os.Stat(path)
		if err != nil {
			return "hidden"
		}
		if info.IsDir() {
			if entries, _ := os.ReadDir(path); len(entries) > 0 {
				return fmt.Sprint(len(entries), " files")
			}
			return "hidden"
		}
		fd, err := unix.Open(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
		if err != nil {
			return outcome(err)
		}
		defer unix.Close(fd)
		switch n, err := unix.Read(fd, make([]byte, 4096)); {
		case err != nil:
			return outcome(err)
		case n > 0:
			return fmt.Sprint(n, " bytes")
		}
		return "hidden"
	}
}

// kallsyms has addresses that are all zero for whom the kernel does not trust.
func kallsyms() string {
	f, err := os.Open("/proc/kallsyms")
	if errors.Is(err, os.ErrNotExist) {
		return "hidden" // a kernel without
	}
	if err != nil {
		return outcome(err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 1<<20))
	if err != nil {
		return outcome(err)
	}
	for line := range strings.Lines(string(text)) {
		if address, _, _ := strings.Cut(line, " "); strings.Trim(address, "0") != "" {
			return "addresses"
		}
	}
	return "hidden"
}

// everyProcess looks for the mark of the machine's processes.
func everyProcess(file string) func() string {
	return func() string {
		paths, _ := filepath.Glob("/proc/[0-9]*/" + file)
		if len(paths) == 0 {
			return "no processes"
		}
		for _, path := range paths {
			if text, err := os.ReadFile(path); err == nil && bytes.Contains(text, []byte(machine.Mark)) {
				return "found in " + path
			}
		}
		return "only own"
	}
}

// roots looks for a file of the machine below the root and current folder of
// every process.
func roots() string {
	for _, link := range []string{"root", "cwd"} {
		paths, _ := filepath.Glob("/proc/[0-9]*/" + link)
		for _, path := range paths {
			if _, err := os.Stat(path + machine.Secret); err == nil {
				return "found in " + path
			}
			if _, err := os.Stat(path + "/../../../../../.." + machine.Secret); err == nil {
				return "found above " + path
			}
		}
	}
	return "only own"
}

// kernelKinds are the file systems by which the kernel is told what to do.
var kernelKinds = []string{"sysfs", "cgroup", "cgroup2", "debugfs", "tracefs", "securityfs", "efivarfs", "configfs", "bpf"}

// readOnly tells whether all of them at and below a path are.
func readOnly(path string) func() string {
	return func() string {
		text, err := os.ReadFile("/proc/self/mountinfo")
		if err != nil {
			return outcome(err)
		}
		seen := false
		var writable []string
		for line := range strings.Lines(string(text)) {
			f := strings.Fields(line)
			_, behind, _ := strings.Cut(line, " - ")
			kind, _, _ := strings.Cut(behind, " ")
			at := f[4]
			if !slices.Contains(kernelKinds, kind) || at != path && !strings.HasPrefix(at, path+"/") {
				continue
			}
			seen = true
			if !strings.HasPrefix(f[5], "ro") {
				writable = append(writable, at)
			}
		}
		if !seen {
			return "none"
		}
		if len(writable) > 0 {
			return "writable: " + strings.Join(writable, " ")
		}
		return "read-only"
	}
}

// hierarchies are the folders below which control groups are. Around those of the
// older kind is an ordinary file system of the step's own.
func hierarchies() []string {
	paths, _ := filepath.Glob("/sys/fs/cgroup/*")
	return slices.DeleteFunc(append(paths, "/sys/fs/cgroup"), func(path string) bool {
		var st unix.Statfs_t
		err := unix.Statfs(path, &st)
		return err != nil || st.Type != unix.CGROUP_SUPER_MAGIC && st.Type != unix.CGROUP2_SUPER_MAGIC
	})
}

func cgroupMkdir() string {
	for _, path := range hierarchies() {
		if err := unix.Mkdir(path+"/escape", 0o755); err == nil {
			return "made in " + path
		}
	}
	return "refused"
}

// cgroupLeave tries to move this process to the root of each hierarchy.
func cgroupLeave() string {
	for _, path := range hierarchies() {
		if err := os.WriteFile(path+"/cgroup.procs", []byte("0"), 0); err == nil {
			return "moved to " + path
		}
	}
	return "refused"
}

// releaseAgent looks for a program that the kernel would run as the machine's root.
func releaseAgent() string {
	for _, path := range hierarchies() {
		if opening(path+"/release_agent", unix.O_WRONLY)() == "ok" {
			return "opened in " + path
		}
	}
	return "refused"
}
