//go:build linux

package ociruntime

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// openNull opens the host's /dev/null, and makes sure that it is one.
func openNull() (*os.File, error) {
	null, err := os.OpenFile("/dev/null", unix.O_PATH, 0)
	if err != nil {
		return nil, err
	}
	st, err := fileStat(null)
	if err == nil && (st.Mode&unix.S_IFMT != unix.S_IFCHR || uint64(st.Rdev) != unix.Mkdev(1, 3)) {
		err = errors.New("/dev/null is not the null device")
	}
	if err != nil {
		null.Close()
		return nil, err
	}
	return null, nil
}

// mask hides a path: a folder behind an empty read-only one, everything else
// behind the null device. A path that does not exist needs no hiding.
func (r rootDir) mask(path string, null *os.File) error {
	target, err := r.open(path, 0)
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("mask %s: %w", path, err)
	}
	defer target.Close()
	dir, err := isDir(target)
	if err != nil {
		return fmt.Errorf("mask %s: %w", path, err)
	}
	var cover *os.File
	if dir {
		o := mountOptions{}
		o.attr.Attr_set = unix.MOUNT_ATTR_RDONLY
		cover, err = newFilesystem("tmpfs", "tmpfs", o)
	} else {
		cover, err = cloneTree(int(null.Fd()), "", false)
	}
	if err != nil {
		return fmt.Errorf("mask %s: %w", path, err)
	}
	defer cover.Close()
	if err := attach(cover, target); err != nil {
		return fmt.Errorf("mask %s: %w", path, err)
	}
	return nil
}

// makeReadonly makes a path and what is mounted below it read-only. A path that
// does not exist is left out.
func (r rootDir) makeReadonly(path string) error {
	target, err := r.open(path, 0)
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("make %s read-only: %w", path, err)
	}
	defer target.Close()
	tree, err := cloneTree(int(target.Fd()), "", true)
	if err != nil {
		return fmt.Errorf("make %s read-only: %w", path, err)
	}
	defer tree.Close()
	attr := unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY}
	err = unix.MountSetattr(int(tree.Fd()), "", unix.AT_EMPTY_PATH|unix.AT_RECURSIVE, &attr)
	if err == nil {
		err = attach(tree, target)
	}
	if err != nil {
		return fmt.Errorf("make %s read-only: %w", path, err)
	}
	return nil
}
