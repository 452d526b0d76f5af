package lint

import (
	"bytes"
	"context"
	"io"
	"io/fs"

	"github.com/tonistiigi/fsutil"
)

// memory is a file system of files by name, as BuildKit's frontend reads a local
// source.
type memory map[string][]byte

var _ fsutil.FS = memory{}

// Open returns a file.
func (m memory) Open(name string) (io.ReadCloser, error) {
	data, ok := m[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return io.NopCloser(bytes.NewReader(data)), nil
}

// Walk finds nothing: the frontend only wants to know a file's size, and reads
// it all the same without.
func (m memory) Walk(context.Context, string, fs.WalkDirFunc) error { return nil }

// locals makes it the build context of an offline client.
func (m memory) locals() map[string]fsutil.FS {
	return map[string]fsutil.FS{"context": m, "dockerfile": m}
}
