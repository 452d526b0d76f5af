// Package outputfile writes the files that somebody names: reports, baselines, the
// results of builds. Its counterpart is inputfile.
package outputfile

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/layerwise/layerwise/analyzer/internal/atomicfile"
)

// pattern is the name of a file that is not whole yet.
const pattern = ".layerwise-*.tmp"

// File is a file that is being written. Commit or Discard ends that.
type File struct {
	io.WriteCloser
	path  string
	whole *atomicfile.File // nil for what is written to directly
}

// Create opens the file at a path for writing. A regular or new file appears, or
// changes, when it is committed: a reader never sees half of it, and a failure leaves
// the old one. Links are followed, and the mode of an old file stays. Pipes and
// devices are written to directly.
func Create(path string) (*File, error) {
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		path = resolved
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return nil, &fs.PathError{Op: "write", Path: path, Err: errors.New("is a folder")}
	case err == nil && !info.Mode().IsRegular():
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return nil, err
		}
		return &File{WriteCloser: f, path: path}, nil
	}
	f, createErr := atomicfile.Create(path, pattern, 0o666)
	if createErr != nil {
		return nil, named(createErr, path)
	}
	out := &File{WriteCloser: f.File, path: path, whole: f}
	if err == nil {
		if err := f.Chmod(info.Mode().Perm()); err != nil {
			return nil, errors.Join(named(err, path), out.Discard())
		}
	}
	return out, nil
}

// Commit closes the file, where its writer has not, and gives it its name. Where
// that fails, nothing is left of it.
func (f *File) Commit() error {
	if f.whole != nil {
		return named(f.whole.Commit(), f.path)
	}
	if err := f.Close(); !errors.Is(err, fs.ErrClosed) {
		return err
	}
	return nil
}

// Discard closes the file and removes it, unless it is committed.
func (f *File) Discard() error {
	if f.whole != nil {
		return f.whole.Discard()
	}
	f.Close() // what was written cannot be taken back
	return nil
}

// Write makes the file at a path from what write writes.
func Write(path string, write func(io.Writer) error) error {
	f, err := Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	if err = write(w); err == nil {
		err = w.Flush()
	}
	if err != nil {
		return errors.Join(named(err, f.path), f.Discard())
	}
	return f.Commit()
}

// named makes an error about the temporary file one about the file that was asked
// for.
func named(err error, path string) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		if match, _ := filepath.Match(pattern, filepath.Base(pe.Path)); match {
			pe.Path = path
		}
	}
	return err
}
