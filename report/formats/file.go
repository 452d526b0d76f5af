package formats

import (
	"bufio"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// writeFile makes the file at path from what write writes. A regular or new
// file is written under another name in the same folder and renamed, so that a
// reader never sees half of it and a failure leaves the old one. Links are
// followed. Pipes and devices are written to directly.
func writeFile(path string, write func(io.Writer) error) error {
	var mode fs.FileMode // of the file that is replaced
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		path = resolved
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return &fs.PathError{Op: "write", Path: path, Err: errors.New("is a folder")}
	case err == nil && !info.Mode().IsRegular():
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return fill(f, write)
	case err == nil:
		mode = info.Mode().Perm()
	}
	temp := filepath.Join(filepath.Dir(path), ".layerwise-"+rand.Text()[:12]+".tmp")
	if err := create(temp, mode, write); err != nil {
		return errors.Join(named(err, temp, path), removed(temp))
	}
	if err := os.Rename(temp, path); err != nil {
		return errors.Join(err, removed(temp))
	}
	return nil
}

// create makes a file that must not be there yet. A mode of 0 is what the umask
// leaves.
func create(path string, mode fs.FileMode, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	if mode != 0 {
		err = f.Chmod(mode)
	}
	return errors.Join(err, fill(f, write))
}

// named makes an error about the temporary file one about the file that the
// user asked for.
func named(err error, temp, path string) error {
	var pe *fs.PathError
	if errors.As(err, &pe) && pe.Path == temp {
		pe.Path = path
	}
	return err
}

func removed(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// fill writes and closes f.
func fill(f *os.File, write func(io.Writer) error) error {
	w := bufio.NewWriter(f)
	err := write(w)
	if err == nil {
		err = w.Flush()
	}
	return errors.Join(err, f.Close())
}
