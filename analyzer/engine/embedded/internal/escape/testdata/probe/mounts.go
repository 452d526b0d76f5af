package main

import (
	"os"
	"os/exec"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

func mounting(source, target, kind string, flags uintptr, data string) func() string {
	return func() string { return outcome(unix.Mount(source, target, kind, flags, data)) }
}

var mounts = []probe{
	{"mounts/tmpfs", mounting("tmpfs", "/tmp", "tmpfs", 0, "")},
	{"mounts/proc", mounting("proc", "/tmp", "proc", 0, "")},
	{"mounts/sysfs", mounting("sysfs", "/tmp", "sysfs", 0, "")},
	{"mounts/cgroup", mounting("cgroup", "/tmp", "cgroup", 0, "memory")},
	{"mounts/cgroup2", mounting("cgroup2", "/tmp", "cgroup2", 0, "")},
	{"mounts/overlay", mounting("overlay", "/tmp", "overlay", 0, "lowerdir=/etc:/dev")},
	{"mounts/debugfs", mounting("debugfs", "/tmp", "debugfs", 0, "")},
	{"mounts/bind", mounting("/", "/tmp", "", unix.MS_BIND, "")},
	{"mounts/remount-sys", mounting("", "/proc/sys", "", unix.MS_REMOUNT|unix.MS_BIND, "")},
	{"mounts/remount-root", mounting("", "/", "", unix.MS_REMOUNT, "")},
	{"mounts/propagation", mounting("", "/", "", unix.MS_SHARED|unix.MS_REC, "")},
	{"mounts/umount-masked", func() string { return outcome(unix.Unmount("/proc/kcore", unix.MNT_DETACH)) }},
	{"mounts/umount-root", func() string { return outcome(unix.Unmount("/", unix.MNT_DETACH)) }},
	{"mounts/pivot-root", func() string { return outcome(unix.PivotRoot("/tmp", "/tmp")) }},
	{"mounts/open-tree", func() string {
		_, err := unix.OpenTree(unix.AT_FDCWD, "/", unix.OPEN_TREE_CLONE)
		return outcome(err)
	}},
	{"mounts/move-mount", func() string {
		return outcome(unix.MoveMount(unix.AT_FDCWD, "/proc", unix.AT_FDCWD, "/tmp", 0))
	}},
	{"mounts/fsopen", func() string {
		_, err := unix.Fsopen("tmpfs", 0)
		return outcome(err)
	}},
	{"mounts/mount-setattr", func() string {
		return outcome(unix.MountSetattr(unix.AT_FDCWD, "/proc/sys", 0, &unix.MountAttr{Attr_clr: unix.MOUNT_ATTR_RDONLY}))
	}},
	{"mounts/user-namespace", func() string {
		cmd := exec.Command("/proc/self/exe", "nothing")
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWUSER | unix.CLONE_NEWNS}
		return outcome(cmd.Run())
	}},
	{"mounts/chroot", child("chroot")},
	{"mounts/handle", shocker},
}

// escapeChroot leaves a chroot by a descriptor of a folder outside of it. That
// works, and must end at the step's own root.
func escapeChroot() string {
	fd, err := unix.Open("/", unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return outcome(err)
	}
	if err := unix.Mkdir("/jail", 0o755); err != nil {
		return outcome(err)
	}
	if err := unix.Chroot("/jail"); err != nil {
		return outcome(err)
	}
	if err := unix.Fchdir(fd); err != nil {
		return outcome(err)
	}
	for range 64 {
		if err := unix.Chdir(".."); err != nil {
			return outcome(err)
		}
	}
	if err := unix.Chroot("."); err != nil {
		return outcome(err)
	}
	if _, err := os.Stat(machine.Secret); err == nil {
		return "outside"
	}
	if _, err := os.Stat("/facts.json"); err != nil {
		return "nowhere: " + outcome(err)
	}
	return "inside"
}

// shocker opens the root folder of the step's file system by a handle, which
// needs no path.
func shocker() string {
	handle := unix.NewFileHandle(1, []byte{2, 0, 0, 0, 0, 0, 0, 0})
	fd, err := unix.Open("/etc/hosts", unix.O_RDONLY, 0)
	if err != nil {
		return outcome(err)
	}
	defer unix.Close(fd)
	_, err = unix.OpenByHandleAt(fd, handle, unix.O_RDONLY)
	return outcome(err)
}

func unsharing(flags int) func() string {
	return func() string { return outcome(unix.Unshare(flags)) }
}

// joining enters a namespace of the first process.
func joining(kind string) func() string {
	return func() string {
		fd, err := unix.Open("/proc/1/ns/"+kind, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			return outcome(err)
		}
		defer unix.Close(fd)
		return outcome(unix.Setns(fd, 0))
	}
}

var namespaces = []probe{
	{"namespaces/unshare-user", unsharing(unix.CLONE_NEWUSER)},
	{"namespaces/unshare-mount", unsharing(unix.CLONE_NEWNS)},
	{"namespaces/unshare-pid", unsharing(unix.CLONE_NEWPID)},
	{"namespaces/unshare-net", unsharing(unix.CLONE_NEWNET)},
	{"namespaces/unshare-ipc", unsharing(unix.CLONE_NEWIPC)},
	{"namespaces/unshare-uts", unsharing(unix.CLONE_NEWUTS)},
	{"namespaces/unshare-cgroup", unsharing(unix.CLONE_NEWCGROUP)},
	{"namespaces/unshare-time", unsharing(unix.CLONE_NEWTIME)},
	{"namespaces/setns-mount", joining("mnt")},
	{"namespaces/setns-pid", joining("pid")},
	{"namespaces/setns-net", joining("net")},
	{"namespaces/setns-ipc", joining("ipc")},
	{"namespaces/setns-uts", joining("uts")},
	{"namespaces/setns-user", joining("user")},
	{"namespaces/clone3", func() string {
		args := [11]uint64{unix.CLONE_NEWUSER}
		_, _, errno := syscall.RawSyscall(unix.SYS_CLONE3, uintptr(unsafe.Pointer(&args)), 1, 0)
		return outcome(errno)
	}},
}
