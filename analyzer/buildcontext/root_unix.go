//go:build unix

package buildcontext

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// root is an open folder. What lies in it is reached from the open folder and
// through no link: others may turn a folder on the way into a link while it is
// walked, and nothing outside shall be read for it.
type root struct {
	path string
	dir  *os.File
	fd   int
}

func openRoot(path string) (*root, error) {
	dir, err := os.OpenFile(path, os.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW, 0)
	if err != nil {
		return nil, err
	}
	return &root{path: path, dir: dir, fd: int(dir.Fd())}, nil
}

func (r *root) close() error { return r.dir.Close() }

// openFolder opens a folder by its path in the root, "" for the root.
func (r *root) openFolder(rel string) (*handle, error) {
	fd, err := r.open(rel, unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return nil, err
	}
	h := &handle{path: filepath.Join(r.path, rel), fd: fd}
	h.users.Store(1)
	return h, nil
}

// openFile opens a regular file by its path in the root, and never waits,
// whatever the path has become.
func (r *root) openFile(rel string) (content, error) {
	fd, err := r.open(rel, unix.O_RDONLY|unix.O_NONBLOCK)
	if err != nil {
		return content{}, err
	}
	return regular(fd)
}

// open opens a path in the root, itself where the path is "".
func (r *root) open(rel string, flags int) (int, error) {
	fd, err := r.openBeneath(rel, flags|unix.O_NOFOLLOW|unix.O_CLOEXEC)
	if err != nil {
		return 0, &fs.PathError{Op: "open", Path: filepath.Join(r.path, rel), Err: err}
	}
	return fd, nil
}

// openEach opens a path one folder after the other, none of which is a link.
func (r *root) openEach(rel string, flags int) (int, error) {
	at := r.fd
	parts := strings.Split(filepath.Join(".", rel), "/")
	for i, part := range parts {
		use := flags
		if i < len(parts)-1 {
			use = unix.O_RDONLY | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC
		}
		next, err := retry(func() (int, error) { return unix.Openat(at, part, use, 0) })
		if at != r.fd {
			unix.Close(at)
		}
		if err != nil {
			return 0, err
		}
		at = next
	}
	return at, nil
}
