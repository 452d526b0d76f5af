// Package atomicfile writes files that readers see whole or not at all.
//
// A file is written under another name in the same folder and then renamed. What
// was there before stays until then, and whatever fails. The disk is not waited
// for: after a loss of power a file may be empty or damaged.
package atomicfile

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// File is a file that is being written. Commit or Discard ends that.
type File struct {
	*os.File
	path string // that it is to have
	done bool
}

// Create makes the file that is to take the place of path. Until then its name is
// the pattern with a random text in place of the "*": whoever is killed meanwhile
// leaves it, so that it should tell whose it is. The mode is that of a new file,
// before the umask.
func Create(path, pattern string, mode fs.FileMode) (*File, error) {
	name := strings.Replace(pattern, "*", rand.Text()[:12], 1)
	f, err := os.OpenFile(filepath.Join(filepath.Dir(path), name), os.O_RDWR|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return nil, err
	}
	return &File{File: f, path: path}, nil
}

// Commit closes the file and gives it its name. Where that fails, nothing is left
// of it.
func (f *File) Commit() error { return f.commit(os.Rename) }

// CommitAs is Commit for a name in the same file system that was not known before.
func (f *File) CommitAs(path string) error {
	f.path = path
	return f.Commit()
}

// CommitNew is Commit, but for a name that is taken: then it fails with fs.ErrExist.
// On a file system without links, the last of those wins who come at the same time.
func (f *File) CommitNew() error {
	return f.commit(func(temp, path string) error {
		switch err := os.Link(temp, path); {
		case err == nil:
			return os.Remove(temp)
		case errors.Is(err, fs.ErrExist):
			return err
		}
		if _, err := os.Lstat(path); err == nil {
			return &fs.PathError{Op: "create", Path: path, Err: fs.ErrExist}
		}
		return os.Rename(temp, path)
	})
}

func (f *File) commit(name func(temp, path string) error) error {
	if f.done {
		return fs.ErrClosed
	}
	f.done = true
	err := f.Close()
	if errors.Is(err, fs.ErrClosed) { // by who wrote it
		err = nil
	}
	if err == nil {
		err = name(f.Name(), f.path)
	}
	if err != nil {
		return errors.Join(err, removed(f.Name()))
	}
	return nil
}

// Discard closes and removes the file, unless it is committed or discarded.
func (f *File) Discard() error {
	if f.done {
		return nil
	}
	f.done = true
	f.Close() // nobody wants what is in it
	return removed(f.Name())
}

func removed(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Write writes a file of this content.
func Write(path, pattern string, mode fs.FileMode, data []byte) error {
	f, err := Create(path, pattern, mode)
	if err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		return errors.Join(err, f.Discard())
	}
	return f.Commit()
}
