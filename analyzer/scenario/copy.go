package scenario

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/layerwise/layerwise/analyzer/inputfile"
	"github.com/layerwise/layerwise/analyzer/workspace"
)

// copier copies a folder as a build sees it: content, modes, times of files and
// folders, symbolic links as they are, empty folders, FIFOs. It leaves out what
// a build context cannot carry (sockets, devices), and does not keep what has
// no part in a build: owners, hard links, extended attributes.
type copier struct {
	ctx context.Context
	// only restricts the copy to these paths and what is below them; nil for
	// everything.
	only []string
	// except is a folder to leave out: the one that the copy goes to, should
	// it lie in the source.
	except fs.FileInfo
}

// copyError is a file that could not be copied.
type copyError struct {
	path string // in the source
	err  error
}

func (e *copyError) Error() string { return e.path + ": " + e.err.Error() }
func (e *copyError) Unwrap() error { return e.err }

// copyAll copies what is in the folder from into the empty folder to. at is the
// path of from in the source, "." for the source itself.
func (c *copier) copyAll(from, to *os.Root, at string) error {
	info, names, err := list(from)
	if err != nil {
		return &copyError{at, err}
	}
	return c.copyNames(from, to, at, info, names)
}

// list returns a folder itself and the names in it.
func list(folder *os.Root) (fs.FileInfo, []string, error) {
	info, err := folder.Lstat(".")
	if err != nil {
		return nil, nil, err
	}
	names, err := workspace.Names(folder)
	return info, names, err
}

// copyNames copies these entries of a folder, then gives the copy the mode and
// the time of the folder.
func (c *copier) copyNames(from, to *os.Root, at string, info fs.FileInfo, names []string) error {
	for _, name := range names {
		if c.ctx.Err() != nil {
			return context.Cause(c.ctx)
		}
		below := path.Join(at, name)
		if !c.wants(below) {
			continue
		}
		err := c.copyEntry(from, to, name, below)
		if err == nil || vanished(err, from, name) { // as if deleted a moment earlier
			continue
		}
		if known := (*copyError)(nil); !errors.As(err, &known) && c.ctx.Err() == nil {
			err = &copyError{below, err}
		}
		return err
	}
	return finish(to, ".", info)
}

// wants says whether a path is to be copied: it is asked for, lies below one
// that is, or leads to one.
func (c *copier) wants(at string) bool {
	if c.only == nil {
		return true
	}
	for _, p := range c.only {
		if at == p || strings.HasPrefix(at, p+"/") || strings.HasPrefix(p, at+"/") {
			return true
		}
	}
	return false
}

func (c *copier) copyEntry(from, to *os.Root, name, at string) error {
	info, err := from.Lstat(name)
	if err != nil {
		return err
	}
	switch mode := info.Mode(); {
	case mode.IsRegular():
		return c.copyFile(from, to, name, info)
	case mode.IsDir():
		if c.except != nil && os.SameFile(info, c.except) {
			return nil
		}
		return c.copyFolder(from, to, name, at, info)
	case mode&fs.ModeSymlink != 0:
		target, err := from.Readlink(name)
		if err != nil {
			return err
		}
		return to.Symlink(target, name)
	case mode&fs.ModeNamedPipe != 0:
		return copyFIFO(to, name, info)
	}
	return nil
}

func (c *copier) copyFolder(from, to *os.Root, name, at string, info fs.FileInfo) error {
	source, err := from.OpenRoot(name)
	if err != nil {
		return c.refused(err, to, name, info)
	}
	defer source.Close()
	own, names, err := list(source)
	if err != nil {
		return c.refused(err, to, name, info)
	}
	if err := to.Mkdir(name, 0o700); err != nil {
		return err
	}
	copied, err := to.OpenRoot(name)
	if err != nil {
		return err
	}
	defer copied.Close()
	return c.copyNames(source, copied, at, own, names)
}

func (c *copier) copyFile(from, to *os.Root, name string, info fs.FileInfo) error {
	source, err := from.OpenFile(name, os.O_RDONLY|inputfile.NoWait, 0)
	if err != nil {
		return c.refused(err, to, name, info)
	}
	defer source.Close()
	// It may be another file by now.
	if info, err = source.Stat(); err != nil || !info.Mode().IsRegular() {
		return err
	}
	copied, err := to.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	err = c.copyContent(source, copied, info)
	if err = errors.Join(err, copied.Close()); err != nil {
		return err
	}
	return finish(to, name, info)
}

// copyContent copies as many bytes as the file had when it was opened, so that
// one that keeps growing is copied too. Holes stay holes.
func (c *copier) copyContent(from, to *os.File, info fs.FileInfo) error {
	for at := int64(0); at < info.Size(); {
		start, end, err := nextData(from, at, info)
		if err != nil {
			return err
		}
		if start, err = from.Seek(start, io.SeekStart); err != nil {
			return err
		}
		if _, err = to.Seek(start, io.SeekStart); err != nil {
			return err
		}
		if err := c.copyBytes(from, to, end-start); errors.Is(err, io.EOF) {
			return nil // it became shorter
		} else if err != nil {
			return err
		}
		at = end
	}
	return to.Truncate(info.Size())
}

// stretch is how many bytes are copied between two looks at the context.
const stretch = 64 << 20

func (c *copier) copyBytes(from, to *os.File, n int64) error {
	for n > 0 {
		if c.ctx.Err() != nil {
			return context.Cause(c.ctx)
		}
		copied, err := io.CopyN(to, from, min(n, stretch))
		if err != nil {
			return err
		}
		n -= copied
	}
	return nil
}

// finish gives a copy the mode and the time of what it was made from.
func finish(to *os.Root, name string, info fs.FileInfo) error {
	if err := to.Chmod(name, info.Mode()&modeBits); err != nil {
		return err
	}
	return to.Chtimes(name, info.ModTime(), info.ModTime())
}

// refused deals with what the user may not read. A build may never need it,
// since the .dockerignore can leave it out, so it is no error here: the copy is
// an empty file or folder that cannot be read either. Where nothing can be kept
// from being read, as with root's files, it is one.
func (c *copier) refused(err error, to *os.Root, name string, info fs.FileInfo) error {
	if !errors.Is(err, fs.ErrPermission) {
		return err
	}
	if os.Geteuid() <= 0 { // root, or a system without such users
		return fmt.Errorf("%w: make it readable or move it out of the context", err)
	}
	if info.IsDir() {
		err = to.Mkdir(name, 0o700)
	} else {
		err = to.WriteFile(name, nil, 0o600)
	}
	if err != nil {
		return err
	}
	return to.Chmod(name, info.Mode()&modeBits&^0o555)
}

func vanished(err error, from *os.Root, name string) bool {
	if !errors.Is(err, fs.ErrNotExist) {
		return false
	}
	_, err = from.Lstat(name)
	return errors.Is(err, fs.ErrNotExist)
}
