package escape

import "strings"

// want is what some probes of the suite are to tell.
type want struct {
	probes   string // names, in a line
	outcome  string // alternatives, with | between them
	settings string // that it is true in: "root/runc", "user", "builtin" …; "" is all that no other entry of the probe names
}

const refused = "EPERM"

// rightsOf are the capabilities of Docker's default without NET_RAW: CHOWN,
// DAC_OVERRIDE, FOWNER, FSETID, KILL, SETGID, SETUID, SETPCAP, NET_BIND_SERVICE,
// SYS_CHROOT, AUDIT_WRITE, SETFCAP, and MKNOD with runc.
const (
	rightsWithRunc    = "0a80405fb"
	rightsWithBuiltin = "0a00405fb"
)

var wants = []want{
	{"devices/names", "fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero", ""},
	{"devices/mem devices/kmsg devices/disk devices/loop-control devices/fuse devices/tun devices/kvm", "ENOENT", ""},
	{"devices/mknod-mem devices/mknod-kmsg devices/mknod-fuse devices/mknod-loop-control devices/mknod-disk " +
		"devices/mknod-virtual-disk devices/mknod-root-disk devices/mknod-tun devices/mknod-in-dev devices/mknod-in-shm", "mknod EPERM", ""},
	{"devices/mknod-mem devices/mknod-kmsg devices/mknod-fuse devices/mknod-loop-control devices/mknod-disk " +
		"devices/mknod-virtual-disk devices/mknod-root-disk devices/mknod-in-dev", "open EPERM", "root/runc"},
	{"devices/mknod-in-shm", "open EACCES", "root/runc"},
	{"devices/mknod-tun", "open EPERM|make EPERM", "root/runc"},
	{"devices/chmod-null devices/chmod-null-back devices/chown-null", "EROFS|EPERM", ""},
	{"devices/chmod-null devices/chmod-null-back devices/chown-null", "ok", "root/runc"}, // its own node
	{"devices/tty", "ENXIO", ""},
	{"devices/tiocsti", "ENOTTY", ""},
	{"devices/shm-is-own", "0 files", ""},

	// The kernel's files are another user's where root is not the machine's. What a
	// kernel was built without is not there.
	{"proc/core-pattern proc/drop-caches proc/ip-forward", "EROFS|EACCES", ""},
	{"proc/sysrq-trigger proc/modprobe proc/binfmt proc/irq", "EROFS|EACCES|ENOENT", ""},
	{"proc/kcore proc/keys proc/timer-list proc/sched-debug proc/acpi proc/scsi proc/kallsyms", "hidden", ""},
	{"proc/kmsg", "EPERM|EACCES", ""},
	{"proc/environ proc/cmdline proc/roots", "only own", ""},
	{"proc/oom-score", "EACCES", ""},
	{"proc/uid-map", refused, ""},
	{"proc/chmod-masked", "hidden|ENOENT|EPERM|EROFS", ""},
	{"sys/firmware sys/hidden-powercap", "hidden", ""},
	{"sys/uevent-helper", "EROFS|EACCES|ENOENT", ""},
	{"sys/mkdir", "EROFS", "root/runc"},
	{"sys/mkdir", "ENOENT", ""}, // there is no /sys
	{"sys/read-only", "read-only", "root/runc"},
	{"sys/read-only", "none", ""},
	{"cgroup/release-agent cgroup/mkdir cgroup/leave", "refused", ""},

	{"mounts/tmpfs mounts/proc mounts/sysfs mounts/cgroup mounts/cgroup2 mounts/overlay mounts/debugfs mounts/bind " +
		"mounts/remount-sys mounts/remount-root mounts/propagation mounts/umount-masked mounts/umount-root mounts/pivot-root " +
		"mounts/open-tree mounts/move-mount mounts/fsopen mounts/mount-setattr mounts/user-namespace mounts/handle", refused, ""},
	{"mounts/chroot", "inside", ""},
	{"namespaces/unshare-user namespaces/unshare-mount namespaces/unshare-pid namespaces/unshare-net namespaces/unshare-ipc " +
		"namespaces/unshare-uts namespaces/unshare-cgroup namespaces/unshare-time namespaces/setns-mount namespaces/setns-pid " +
		"namespaces/setns-net namespaces/setns-ipc namespaces/setns-uts namespaces/setns-user", refused, ""},
	{"namespaces/clone3", "ENOSYS", ""},

	{"files/descriptors", "0=pipe 1=pipe 2=pipe", "runc"},
	{"files/descriptors", "0=/dev/null 1=pipe 2=pipe", "builtin"},
	{"files/descriptors-of-all", "only own", ""},
	{"files/fchmod-stdin files/fchmod-stdin-back", "ok", "runc"}, // a pipe
	{"files/fchmod-stdin files/fchmod-stdin-back", "EROFS", "builtin"},
	{"files/cwd", "inside", ""},
	{"files/host-path files/above-root", "ENOENT", ""},
	{"files/root-names", "dev etc facts.json probe proc sys", "root/runc"},
	{"files/root-names", "dev etc facts.json probe proc", ""},
	{"files/own-program", "ETXTBSY", ""},
	{"files/memfd", "ok", ""},

	{"sockets/interfaces", "eth0 lo", ""},
	{"sockets/abstract sockets/loopback sockets/loopback-other sockets/loopback-mapped sockets/unspecified sockets/gateway", "ECONNREFUSED", ""},
	{"sockets/loopback6 sockets/unspecified6", "ECONNREFUSED|EADDRNOTAVAIL|EAFNOSUPPORT|ENETUNREACH", ""},
	{"sockets/udp sockets/udp-gateway", "sent", ""}, // and not received: the host tells
	{"sockets/outside", "ok|no address", ""},
	{"sockets/packet sockets/packet-dgram sockets/raw-icmp sockets/raw-icmp6 sockets/raw-tcp sockets/vsock sockets/route sockets/interface-down", refused, ""},
	{"sockets/own-loopback", "ok", ""},

	{"kernel/bpf kernel/perf-event-open kernel/userfaultfd kernel/io-uring kernel/kexec-load kernel/kexec-file-load " +
		"kernel/init-module kernel/finit-module kernel/delete-module kernel/reboot kernel/swapon kernel/swapoff " +
		"kernel/settimeofday kernel/clock-settime kernel/adjtimex kernel/sethostname kernel/setdomainname kernel/quotactl " +
		"kernel/acct kernel/syslog kernel/personality-no-randomize kernel/personality-read-implies-exec kernel/lookup-dcookie " +
		"kernel/fanotify kernel/kcmp kernel/mbind kernel/move-pages kernel/vhangup kernel/nfsservctl", refused, ""},
	{"kernel/personality-ask", "ok", ""},
	{"kernel/unknown-call", "ENOSYS", ""},
	{"keyrings/keyctl keyrings/add-key keyrings/request-key", refused, ""},

	{"rights/bounding rights/effective rights/permitted", rightsWithRunc, "runc"},
	{"rights/bounding rights/effective rights/permitted", rightsWithBuiltin, "builtin"},
	{"rights/inheritable rights/ambient", "0", ""},
	{"rights/no-new-privileges", "0", "runc"},
	{"rights/no-new-privileges", "1", "builtin"},
	{"rights/seccomp", "2", ""},
	{"rights/root-is-root", "the machine's", "root/runc"},
	{"rights/root-is-root", "another id", ""},
	{"rights/raise-files rights/raise-bounding", refused, ""},
	{"rights/raise-priority", "EACCES", ""},
	{"rights/securebits", "ok", ""}, // SETPCAP; it only takes from the step

	{"processes/seen processes/own-pid processes/session", "1", ""},
	{"processes/parent", "0", ""},
	{"processes/kill processes/ptrace processes/read-memory processes/pidfd-open processes/priority processes/affinity " +
		"processes/limit processes/process-group processes/kill-all", "ESRCH", ""},
	{"processes/open-memory", "ENOENT", ""},
	{"processes/pidfd-getfd", refused, ""},
	{"processes/semaphores processes/shared-memory processes/message-queues", "0 objects", ""},
}

// wantsOfArchitecture are the probes that only some have.
var wantsOfArchitecture = map[string][]want{
	"amd64": {{"kernel/iopl kernel/ioperm", refused, ""}},
}

// holds reports whether an entry names a setting.
func (w want) holds(s setting) bool {
	return w.settings == s.String() || w.settings == s.user || w.settings == s.runtime
}

// wantsOf are the outcomes of each probe in a setting.
func wantsOf(s setting, entries []want) map[string][]string {
	outcomes := map[string][]string{}
	for _, named := range []bool{false, true} { // the latter last, so that they win
		for _, w := range entries {
			if named && !w.holds(s) || !named && w.settings != "" {
				continue
			}
			for _, name := range strings.Fields(w.probes) {
				outcomes[name] = strings.Split(w.outcome, "|")
			}
		}
	}
	return outcomes
}
