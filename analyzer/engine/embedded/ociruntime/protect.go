//go:build linux

package ociruntime

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// protectedProgram opens this program's file so that whoever executes it cannot
// be used to write to it. A container may run /proc/self/exe, which is the init
// stage's program until its own takes over, and open that for writing; on a
// read-only mount, which is nowhere attached, the kernel refuses. Where such a
// mount cannot be made, it is a sealed copy in memory.
func protectedProgram() (*os.File, error) {
	fd, err := unix.OpenTree(unix.AT_FDCWD, "/proc/self/exe", unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
	if err == nil {
		attr := unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY}
		if err = unix.MountSetattr(fd, "", unix.AT_EMPTY_PATH, &attr); err == nil {
			return os.NewFile(uintptr(fd), "program"), nil
		}
		unix.Close(fd)
	}
	return sealedCopy()
}

func sealedCopy() (_ *os.File, err error) {
	source, err := os.Open("/proc/self/exe")
	if err != nil {
		return nil, fmt.Errorf("copy this program: %w", err)
	}
	defer source.Close()
	fd, err := unix.MemfdCreate(Name, unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, fmt.Errorf("copy this program: %w", err)
	}
	// The file cannot be executed while it is open for writing, so this handle
	// only fills it.
	writable := os.NewFile(uintptr(fd), "program")
	defer writable.Close()
	if _, err := io.Copy(writable, source); err != nil {
		return nil, fmt.Errorf("copy this program: %w", err)
	}
	const seals = unix.F_SEAL_SEAL | unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals); err != nil {
		return nil, fmt.Errorf("seal the copy of this program: %w", err)
	}
	return os.Open(fmt.Sprintf("/proc/self/fd/%d", fd))
}
