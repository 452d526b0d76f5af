package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

var devices = []probe{
	{"devices/names", names("/dev")},
	{"devices/mem", opening("/dev/mem", unix.O_RDONLY)},
	{"devices/kmsg", opening("/dev/kmsg", unix.O_RDONLY)},
	{"devices/disk", opening("/dev/sda", unix.O_RDONLY)},
	{"devices/loop-control", opening("/dev/loop-control", unix.O_RDWR)},
	{"devices/fuse", opening("/dev/fuse", unix.O_RDWR)},
	{"devices/tun", opening("/dev/net/tun", unix.O_RDWR)},
	{"devices/kvm", opening("/dev/kvm", unix.O_RDWR)},
	{"devices/mknod-mem", node("/node-mem", unix.S_IFCHR, 1, 1)},
	{"devices/mknod-kmsg", node("/node-kmsg", unix.S_IFCHR, 1, 11)},
	{"devices/mknod-fuse", node("/node-fuse", unix.S_IFCHR, 10, 229)},
	{"devices/mknod-loop-control", node("/node-loop", unix.S_IFCHR, 10, 237)},
	{"devices/mknod-disk", node("/node-disk", unix.S_IFBLK, 8, 0)},
	{"devices/mknod-virtual-disk", node("/node-vda", unix.S_IFBLK, 254, 0)},
	{"devices/mknod-root-disk", rootDisk},
	{"devices/mknod-tun", tun},
	{"devices/mknod-in-dev", node("/dev/node", unix.S_IFBLK, 8, 0)},
	{"devices/mknod-in-shm", node("/dev/shm/node", unix.S_IFCHR, 1, 1)},
	{"devices/chmod-null", func() string { return outcome(unix.Chmod("/dev/null", 0o600)) }},
	{"devices/chmod-null-back", func() string { return outcome(unix.Chmod("/dev/null", 0o666)) }},
	{"devices/chown-null", func() string { return outcome(unix.Chown("/dev/null", 1, 1)) }},
	{"devices/tty", opening("/dev/tty", unix.O_RDWR)},
	{"devices/tiocsti", func() string {
		c := byte('x')
		return ioctl(0, unix.TIOCSTI, &c)
	}},
	{"devices/shm-is-own", func() string {
		entries, err := os.ReadDir("/dev/shm")
		if err != nil {
			return outcome(err)
		}
		entries = slices.DeleteFunc(entries, func(e os.DirEntry) bool { return e.Name() == "node" })
		return fmt.Sprint(len(entries), " files")
	}},
}

func names(folder string) func() string {
	return func() string {
		entries, err := os.ReadDir(folder)
		if err != nil {
			return outcome(err)
		}
		var list []string
		for _, e := range entries {
			list = append(list, e.Name())
		}
		return strings.Join(list, " ")
	}
}

// node makes a device node and opens it.
func node(path string, kind, major, minor uint32) func() string {
	return func() string {
		if err := unix.Mknod(path, kind|0o666, int(unix.Mkdev(major, minor))); err != nil {
			return "mknod " + outcome(err)
		}
		return "open " + opening(path, unix.O_RDONLY)()
	}
}

// tun makes an interface by a node of its own. Older versions of runc let the node
// be opened.
func tun() string {
	if err := unix.Mknod("/node-tun", unix.S_IFCHR|0o666, int(unix.Mkdev(10, 200))); err != nil {
		return "mknod " + outcome(err)
	}
	fd, err := unix.Open("/node-tun", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return "open " + outcome(err)
	}
	defer unix.Close(fd)
	request, err := unix.NewIfreq("escape0")
	if err != nil {
		return outcome(err)
	}
	request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
	return "make " + outcome(unix.IoctlIfreq(fd, unix.TUNSETIFF, request))
}

// rootDisk is the disk that the step's own files are on, as far as it can tell.
func rootDisk() string {
	var st unix.Stat_t
	if err := unix.Stat("/etc/hosts", &st); err != nil {
		return outcome(err)
	}
	return node("/node-root", unix.S_IFBLK, unix.Major(st.Dev), unix.Minor(st.Dev))()
}
