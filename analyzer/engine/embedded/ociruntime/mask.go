//go:build linux

package ociruntime

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// maskAll hides paths: folders behind an empty read-only one, everything else
// behind an empty file. Both are the container's own: it may change their modes,
// as it may with the host's null device behind which runc hides files.
func (r rootDir) maskAll(paths []string) error {
	if len(paths) == 0 {
		return nil
	}
	cover, err := emptyFile()
	if err != nil {
		return fmt.Errorf("mask paths: %w", err)
	}
	defer cover.Close()
	for _, path := range paths {
		if err := r.mask(path, cover); err != nil {
			return fmt.Errorf("mask %s: %w", path, err)
		}
	}
	return nil
}

// emptyFile makes a file in a file system of its own, which has no room for
// another, and next to none for content.
func emptyFile() (*os.File, error) {
	fs, err := newFilesystem("tmpfs", "tmpfs", mountOptions{
		attr: unix.MountAttr{Attr_set: unix.MOUNT_ATTR_NODEV | unix.MOUNT_ATTR_NOSUID | unix.MOUNT_ATTR_NOEXEC},
		data: []string{"nr_inodes=2", "size=4k", "mode=0755"},
	})
	if err != nil {
		return nil, err
	}
	defer fs.Close()
	const name = "empty"
	fd, err := unix.Openat(int(fs.Fd()), name, unix.O_CREAT|unix.O_EXCL|unix.O_WRONLY|unix.O_CLOEXEC, 0o444)
	if err != nil {
		return nil, err
	}
	unix.Close(fd)
	return cloneTree(int(fs.Fd()), name, false)
}

// mask hides one path. A path that does not exist needs no hiding.
func (r rootDir) mask(path string, cover *os.File) error {
	target, err := r.open(path, 0)
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR) {
		return nil
	}
	if err != nil {
		return err
	}
	defer target.Close()
	dir, err := isDir(target)
	if err != nil {
		return err
	}
	var tree *os.File
	if dir {
		tree, err = newFilesystem("tmpfs", "tmpfs", mountOptions{
			attr: unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY | unix.MOUNT_ATTR_NODEV},
		})
	} else {
		tree, err = cloneTree(int(cover.Fd()), "", false)
	}
	if err != nil {
		return err
	}
	defer tree.Close()
	return attach(tree, target)
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
