package buildcontext

import (
	"errors"
	"os"
	"path/filepath"
)

// identity tells whether a file is the one that it was. On Windows the time of
// its last change is not to be had without opening the file, so that nothing
// is ever known to be unchanged; fixed stays false.
type identity struct {
	device, inode uint64
	size          int64
	mtime, ctime  int64
	mode          uint32
	fixed         bool
}

// same says whether nothing happened to a file between two looks at it.
func (id identity) same(later identity) bool { return id.size == later.size && id.mtime == later.mtime }

// errChanged says that a regular file is none any more.
var errChanged = errors.New("it was replaced")

// handle is a folder; nothing is open.
type handle struct{ path string }

// list reads the names in a folder.
func (h *handle) list([]byte) ([]found, error) {
	entries, err := os.ReadDir(h.path)
	if err != nil {
		return nil, err
	}
	all := make([]found, len(entries))
	for i, e := range entries {
		all[i] = found{e.Name(), posixMode(e.Type()) & typeMask}
	}
	return all, nil
}

func (h *handle) share(int)    {}
func (h *handle) close() error { return nil }

// identify asks for a file in the folder, itself where it is a link. The mode
// is as BuildKit's client sends it: it makes everything executable.
func (h *handle) identify(name string) (identity, error) {
	info, err := os.Lstat(filepath.Join(h.path, name))
	if err != nil {
		return identity{}, err
	}
	mode := posixMode(info.Mode())
	mode = mode&^0o777 | (mode|0o111)&0o755
	return identity{size: info.Size(), mtime: info.ModTime().UnixNano(), mode: mode}, nil
}

// content is an open regular file.
type content struct{ *os.File }

func (h *handle) open(name string) (content, error) {
	f, err := os.Open(filepath.Join(h.path, name))
	return content{f}, err
}

func (c content) identify() (identity, error) {
	info, err := c.Stat()
	if err != nil {
		return identity{}, err
	}
	if !info.Mode().IsRegular() {
		return identity{}, errChanged
	}
	return identity{size: info.Size(), mtime: info.ModTime().UnixNano()}, nil
}

func (c content) close() { c.Close() }
