//go:build linux

package ociruntime

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// rootDir is the container's root directory, open. Every path below it comes from
// the image or the configuration, and is resolved by the kernel as if this were
// "/": symlinks and ".." cannot lead out of it.
type rootDir struct{ *os.File }

// maxSymlinks is how many dangling symlinks are followed while making a path, as
// the kernel's limit for the others.
const maxSymlinks = 40

// open returns a handle (O_PATH) of what path leads to. extra are more RESOLVE_ flags.
func (r rootDir) open(path string, extra uint64) (*os.File, error) {
	return r.openFlags(path, unix.O_PATH, extra)
}

func (r rootDir) openFlags(path string, flags, extra uint64) (*os.File, error) {
	how := unix.OpenHow{
		Flags:   flags | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS | extra,
	}
	for range 128 {
		fd, err := unix.Openat2(int(r.Fd()), path, &how)
		// EAGAIN: somebody renames in the tree, and ".." might have led out.
		if err == nil {
			return os.NewFile(uintptr(fd), path), nil
		}
		if !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR) {
			return nil, &os.PathError{Op: "open", Path: path, Err: err}
		}
	}
	return nil, &os.PathError{Op: "open", Path: path, Err: unix.EAGAIN}
}

// ensure opens path, and makes it when it is missing: a folder (mode 0755) with
// dir, else an empty file. Missing parents are made too. These are the modes runc
// uses; they may end up in a layer.
func (r rootDir) ensure(path string, dir bool) (*os.File, error) {
	return r.ensureDepth(path, dir, 0)
}

func (r rootDir) ensureDepth(path string, dir bool, depth int) (*os.File, error) {
	if depth > maxSymlinks {
		return nil, &os.PathError{Op: "create", Path: path, Err: unix.ELOOP}
	}
	for range 16 {
		f, err := r.open(path, 0)
		if !errors.Is(err, unix.ENOENT) {
			return f, err
		}
		parent, name := splitPath(path)
		if name == "" {
			return nil, err // the root itself is gone
		}
		folder, err := r.ensureDepth(parent, true, depth)
		if err != nil {
			return nil, err
		}
		target, err := createIn(folder, name, dir)
		folder.Close()
		if err != nil {
			return nil, &os.PathError{Op: "create", Path: path, Err: err}
		}
		if target != "" { // a dangling symlink: make what it names
			if !strings.HasPrefix(target, "/") {
				target = parent + "/" + target
			}
			return r.ensureDepth(target, dir, depth+1)
		}
		// Made, by us or by somebody faster: open it as before, by its path.
	}
	return nil, &os.PathError{Op: "create", Path: path, Err: unix.EAGAIN}
}

// createIn makes name in folder. When name is a symlink it returns its target
// instead. It is no error when name exists.
func createIn(folder *os.File, name string, dir bool) (target string, err error) {
	buf := make([]byte, unix.PathMax)
	if n, err := unix.Readlinkat(int(folder.Fd()), name, buf); err == nil {
		return string(buf[:n]), nil
	}
	if dir {
		err = unix.Mkdirat(int(folder.Fd()), name, 0o755)
	} else {
		var fd int
		fd, err = unix.Openat(int(folder.Fd()), name, unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_WRONLY|unix.O_CLOEXEC, 0o755)
		if err == nil {
			err = unix.Close(fd)
		}
	}
	if errors.Is(err, unix.EEXIST) {
		err = nil
	}
	return "", err
}

// splitPath splits off the last name without cleaning the rest, in which ".." may
// follow a symlink. The name of "/" is "".
func splitPath(path string) (parent, name string) {
	path = strings.TrimRight(path, "/")
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return "/", path
	}
	return path[:i+1], path[i+1:]
}

// isDir reports whether the handle is of a folder.
func isDir(f *os.File) (bool, error) {
	st, err := fileStat(f)
	return st.Mode&unix.S_IFMT == unix.S_IFDIR, err
}

func fileStat(f *os.File) (unix.Stat_t, error) {
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return st, fmt.Errorf("stat %s: %w", f.Name(), err)
	}
	return st, nil
}
