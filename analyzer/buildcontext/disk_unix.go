//go:build unix

package buildcontext

import (
	"errors"
	"io"
	"io/fs"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// identity tells whether a file is the one that it was, unchanged: everything
// that a write, a chmod or a replacement changes.
type identity struct {
	device, inode uint64
	size          int64
	mtime, ctime  int64 // nanoseconds since 1970
	mode          uint32
	fixed         bool // it holds for the content that was read
}

func identityOf(st *unix.Stat_t) identity {
	return identity{
		device: uint64(st.Dev), inode: uint64(st.Ino), size: st.Size, mode: uint32(st.Mode),
		mtime: st.Mtim.Nano(), ctime: st.Ctim.Nano(), fixed: true,
	}
}

// same says whether nothing happened to a file between two looks at it.
func (id identity) same(later identity) bool { return id == later }

// errChanged says that a regular file is none any more.
var errChanged = errors.New("it was replaced")

// handle is an open folder.
type handle struct {
	path  string
	fd    int
	users atomic.Int32
}

// share sets how many times the folder will be closed.
func (h *handle) share(users int) { h.users.Store(int32(users)) }

// close closes the folder when its last user does.
func (h *handle) close() error {
	if h.users.Add(-1) > 0 {
		return nil
	}
	return unix.Close(h.fd)
}

// identify asks for a file in the folder, itself where it is a link.
func (h *handle) identify(name string) (identity, error) {
	var st unix.Stat_t
	_, err := retry(func() (int, error) { return 0, unix.Fstatat(h.fd, name, &st, unix.AT_SYMLINK_NOFOLLOW) })
	if err != nil {
		return identity{}, &fs.PathError{Op: "lstat", Path: h.path + "/" + name, Err: err}
	}
	return identityOf(&st), nil
}

// content is an open regular file.
type content struct{ fd int }

// open opens a regular file, never through a link, and never waits, whatever
// the name has become.
func (h *handle) open(name string) (content, error) {
	fd, err := retry(func() (int, error) {
		return unix.Openat(h.fd, name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	})
	if errors.Is(err, unix.ELOOP) {
		return content{}, errChanged
	}
	if err != nil {
		return content{}, err
	}
	return regular(fd)
}

// regular takes an open file, if it is a regular one.
func regular(fd int) (content, error) {
	c := content{fd}
	if id, err := c.identify(); err != nil || id.mode&typeMask != typeRegular {
		c.close()
		return content{}, errChanged
	}
	return c, nil
}

func (c content) Read(p []byte) (int, error) {
	n, err := retry(func() (int, error) { return unix.Read(c.fd, p) })
	switch {
	case err != nil:
		return 0, err
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}

func (c content) identify() (identity, error) {
	var st unix.Stat_t
	_, err := retry(func() (int, error) { return 0, unix.Fstat(c.fd, &st) })
	return identityOf(&st), err
}

func (c content) close() { unix.Close(c.fd) }

// retry repeats a system call that a signal interrupted.
func retry(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if err != unix.EINTR {
			return n, err
		}
	}
}
