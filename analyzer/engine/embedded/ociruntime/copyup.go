//go:build linux

package ociruntime

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// copyUp copies folders, files and symlinks with their modes, owners and times
// from one open folder into another. Everything else is left out. No symlink is
// followed.
func copyUp(from, to *os.File) error {
	source, err := os.OpenRoot(handlePath(from))
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := os.OpenRoot(handlePath(to))
	if err != nil {
		return err
	}
	defer target.Close()
	return fs.WalkDir(source.FS(), ".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return copyEntry(source, target, path)
	})
}

// handlePath is a path that opens what the handle stands for.
func handlePath(f *os.File) string { return fmt.Sprintf("/proc/self/fd/%d", f.Fd()) }

func copyEntry(source, target *os.Root, path string) error {
	info, err := source.Lstat(path)
	if err != nil {
		return err
	}
	owner := info.Sys().(*syscall.Stat_t)
	switch info.Mode().Type() {
	case fs.ModeSymlink:
		link, err := source.Readlink(path)
		if err != nil {
			return err
		}
		return errors.Join(target.Symlink(link, path), target.Lchown(path, int(owner.Uid), int(owner.Gid)))
	case fs.ModeDir:
		if path != "." {
			err = target.Mkdir(path, 0o700)
		}
	case 0:
		err = copyFile(source, target, path)
	default:
		return nil
	}
	if err != nil || path == "." {
		return err
	}
	return errors.Join(
		target.Lchown(path, int(owner.Uid), int(owner.Gid)),
		target.Chmod(path, info.Mode()),
		target.Chtimes(path, info.ModTime(), info.ModTime()))
}

func copyFile(source, target *os.Root, path string) error {
	in, err := source.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := target.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
