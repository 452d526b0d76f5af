package main

import (
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// zeros is an argument that changes nothing.
var zeros [256]byte

func pointer() uintptr { return uintptr(unsafe.Pointer(&zeros)) }

func ioctl(fd int, request uintptr, argument *byte) string {
	_, _, errno := syscall.Syscall(unix.SYS_IOCTL, uintptr(fd), request, uintptr(unsafe.Pointer(argument)))
	if errno != 0 {
		return outcome(errno)
	}
	return "ok"
}

// Personalities that make other attacks easier.
const (
	noRandomize    = 0x0040000
	readIsExecute  = 0x0400000
	askPersonality = 0xffffffff
)

var kernel = []probe{
	{"kernel/bpf", call(unix.SYS_BPF, unix.BPF_PROG_LOAD, pointer(), 128)},
	{"kernel/perf-event-open", call(unix.SYS_PERF_EVENT_OPEN, pointer(), 0, ^uintptr(0), ^uintptr(0), 0)},
	{"kernel/userfaultfd", call(unix.SYS_USERFAULTFD, unix.O_CLOEXEC)},
	{"kernel/io-uring", call(unix.SYS_IO_URING_SETUP, 1, pointer())},
	{"kernel/kexec-load", call(unix.SYS_KEXEC_LOAD, 0, 0, 0, 0)},
	{"kernel/kexec-file-load", call(unix.SYS_KEXEC_FILE_LOAD, ^uintptr(0), ^uintptr(0), 0, 0, 0)},
	{"kernel/init-module", call(unix.SYS_INIT_MODULE, pointer(), 64, pointer())},
	{"kernel/finit-module", call(unix.SYS_FINIT_MODULE, 0, pointer(), 0)},
	{"kernel/delete-module", call(unix.SYS_DELETE_MODULE, pointer(), unix.O_NONBLOCK)},
	{"kernel/reboot", call(unix.SYS_REBOOT, unix.LINUX_REBOOT_MAGIC1, unix.LINUX_REBOOT_MAGIC2, unix.LINUX_REBOOT_CMD_CAD_OFF, 0)},
	{"kernel/swapon", call(unix.SYS_SWAPON, pointer(), 0)},
	{"kernel/swapoff", call(unix.SYS_SWAPOFF, pointer())},
	{"kernel/settimeofday", func() string {
		now := unix.NsecToTimeval(time.Now().UnixNano())
		return outcome(unix.Settimeofday(&now))
	}},
	{"kernel/clock-settime", func() string {
		now := unix.NsecToTimespec(time.Now().UnixNano())
		return outcome(unix.ClockSettime(unix.CLOCK_REALTIME, &now))
	}},
	{"kernel/adjtimex", func() string {
		_, err := unix.Adjtimex(&unix.Timex{Modes: unix.ADJ_TICK, Tick: 10000})
		return outcome(err)
	}},
	{"kernel/sethostname", func() string { return outcome(unix.Sethostname([]byte("escaped"))) }},
	{"kernel/setdomainname", func() string { return outcome(unix.Setdomainname([]byte("escaped"))) }},
	{"kernel/quotactl", call(unix.SYS_QUOTACTL, 0, pointer(), 0, 0)},
	{"kernel/acct", call(unix.SYS_ACCT, 0)},
	{"kernel/syslog", call(unix.SYS_SYSLOG, 10, 0, 0)},
	{"kernel/personality-no-randomize", call(unix.SYS_PERSONALITY, noRandomize)},
	{"kernel/personality-read-implies-exec", call(unix.SYS_PERSONALITY, readIsExecute)},
	{"kernel/personality-ask", call(unix.SYS_PERSONALITY, askPersonality)},
	{"kernel/lookup-dcookie", call(unix.SYS_LOOKUP_DCOOKIE, 0, pointer(), 256)},
	{"kernel/fanotify", call(unix.SYS_FANOTIFY_INIT, 0, 0)},
	{"kernel/kcmp", call(unix.SYS_KCMP, 1, 1, 0, 0, 0)},
	{"kernel/mbind", call(unix.SYS_MBIND, 0, 0, 0, 0, 0, 0)},
	{"kernel/move-pages", call(unix.SYS_MOVE_PAGES, 0, 0, 0, 0, 0, 0)},
	{"kernel/vhangup", call(unix.SYS_VHANGUP)},
	{"kernel/nfsservctl", call(unix.SYS_NFSSERVCTL, 0, 0, 0)},
	{"kernel/unknown-call", call(1 << 20)},
	{"keyrings/keyctl", call(unix.SYS_KEYCTL, unix.KEYCTL_GET_KEYRING_ID, ^uintptr(2), 0)},
	{"keyrings/add-key", func() string {
		_, err := unix.AddKey("user", "escape", []byte("x"), unix.KEY_SPEC_SESSION_KEYRING)
		return outcome(err)
	}},
	{"keyrings/request-key", func() string {
		_, err := unix.RequestKey("user", "escape", "", 0)
		return outcome(err)
	}},
}
