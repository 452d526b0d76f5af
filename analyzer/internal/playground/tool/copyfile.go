//go:build linux

package tool

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// file copies what is not a folder.
func (c *copier) file(from, to string, info fs.FileInfo) error {
	st := info.Sys().(*syscall.Stat_t)
	key := inode{st.Dev, st.Ino}
	if first, ok := c.seen[key]; ok && c.preserve {
		os.Remove(to)
		return os.Link(first, to)
	}
	if err := c.fileContent(from, to, info, st); err != nil {
		return err
	}
	if st.Nlink > 1 {
		if c.seen == nil {
			c.seen = map[inode]string{}
		}
		c.seen[key] = to
	}
	if !c.preserve || c.link != nil {
		return nil
	}
	return c.attributes(to, info)
}

func (c *copier) fileContent(from, to string, info fs.FileInfo, st *syscall.Stat_t) error {
	switch mode := info.Mode(); {
	case c.link != nil:
		if c.force {
			os.Remove(to)
		}
		return c.link(from, to)
	case mode&fs.ModeSymlink != 0:
		target, err := os.Readlink(from)
		if err != nil {
			return err
		}
		if err := os.Remove(to); err != nil && !missing(err) {
			return err
		}
		return os.Symlink(target, to)
	case c.recursive && !mode.IsRegular():
		if err := os.Remove(to); err != nil && !missing(err) {
			return err
		}
		return unix.Mknod(to, st.Mode, int(st.Rdev))
	}
	err := copyContent(from, to, info.Mode().Perm())
	if err != nil && c.force {
		if os.Remove(to) == nil {
			err = copyContent(from, to, info.Mode().Perm())
		}
	}
	return err
}

// copyContent copies bytes; perm counts for a new file, less the file mode creation mask.
func copyContent(from, to string, perm fs.FileMode) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, perm)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// attributes gives a copy the owner, mode and times of the original. Only root can give files away,
// so that may fail in silence.
func (c *copier) attributes(path string, info fs.FileInfo) error {
	uid, gid := owner(info)
	chownErr := os.Lchown(path, uid, gid)
	if info.Mode()&fs.ModeSymlink == 0 {
		mode := info.Mode()
		if chownErr != nil {
			mode &^= fs.ModeSetuid | fs.ModeSetgid
		}
		if err := os.Chmod(path, mode); err != nil {
			return err
		}
	}
	return setTimes(path, accessTime(info), info.ModTime(), false)
}

// accessTime returns when a file was last read.
func accessTime(info fs.FileInfo) time.Time {
	ts := info.Sys().(*syscall.Stat_t).Atim
	return time.Unix(ts.Unix())
}

// setTimes sets both times of a file, of a link's target if follow is set.
func setTimes(path string, access, change time.Time, follow bool) error {
	flags := unix.AT_SYMLINK_NOFOLLOW
	if follow {
		flags = 0
	}
	ts := []unix.Timespec{unix.NsecToTimespec(access.UnixNano()), unix.NsecToTimespec(change.UnixNano())}
	return unix.UtimesNanoAt(unix.AT_FDCWD, path, ts, flags)
}
