// Package workspace makes folders for temporary files that do not outlive their
// process for long: each is locked as long as the process lives, so that a later one
// can tell what a killed one left behind, and remove it.
package workspace

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/layerwise/layerwise/analyzer/inputfile"
)

// Kind is how the names of some folders begin.
type Kind string

// The kinds of folders.
const (
	Rebuild Kind = "layerwise-rebuild-" // copies of a context that an experiment edits
	Since   Kind = "layerwise-since-"   // the files of a revision
)

var kinds = []Kind{Rebuild, Since}

// lockName is the lock file in a folder.
const lockName = "lock"

// maxTries bounds how often a folder is made anew when another process takes
// it for a left-over.
const maxTries = 10

// unfinished is the age from which a folder without a lock is left over
// rather than being made.
const unfinished = time.Hour

// Folder is a temporary folder that is locked. The user of it removes it; the name
// of the lock file in it is taken.
type Folder struct {
	Root *os.Root
	Path string // absolute
	lock *os.File
}

// New makes a folder in another one, "" for the system's folder for temporary
// files, after it has removed those that are left over there.
func New(folder string, kind Kind) (*Folder, error) {
	if folder == "" {
		folder = os.TempDir()
	}
	folder, err := filepath.Abs(folder)
	if err != nil {
		return nil, fmt.Errorf("make a temporary folder: %w", err)
	}
	sweep(folder)
	for range maxTries {
		path, err := os.MkdirTemp(folder, string(kind))
		if err != nil {
			return nil, fmt.Errorf("make a temporary folder: %w; TMPDIR says where it may be", err)
		}
		w := &Folder{Path: path}
		locked, err := w.open()
		if err != nil {
			return nil, errors.Join(fmt.Errorf("make a temporary folder: %w", err), w.Remove())
		}
		if locked {
			return w, nil
		}
		w.close()
	}
	return nil, fmt.Errorf("make a temporary folder: another process keeps removing it from %s", folder)
}

// open locks the folder. It fails to where another process found the folder
// before it was locked, takes it for a left-over and is removing it.
func (w *Folder) open() (locked bool, err error) {
	if w.Root, err = os.OpenRoot(w.Path); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	if w.lock, err = w.Root.OpenFile(lockName, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	if locked, err = tryLock(w.lock); err != nil || !locked {
		return false, err
	}
	_, err = w.Root.Lstat(lockName)
	return err == nil, nil
}

// close lets go of the folder and leaves it where it is.
func (w *Folder) close() error {
	var errs []error
	if w.Root != nil {
		errs = append(errs, w.Root.Close())
	}
	if w.lock != nil {
		errs = append(errs, w.lock.Close())
	}
	return errors.Join(errs...)
}

// Remove deletes the folder and all that is in it. The lock goes last:
// until then the folder is not up for grabs.
func (w *Folder) Remove() error {
	var errs []error
	if w.Root != nil {
		names, err := Names(w.Root)
		errs = append(errs, err)
		for _, name := range names {
			if name != lockName {
				errs = append(errs, RemoveAll(w.Root, name))
			}
		}
	}
	errs = append(errs, w.close(), os.RemoveAll(w.Path))
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("remove the temporary folder %s: %w", w.Path, err)
	}
	return nil
}

// Sweep removes what killed processes left in the system's folder for temporary
// files.
func Sweep() { sweep(os.TempDir()) }

// sweep removes the folders that killed processes left in another one. What it
// cannot remove stays; that is no reason not to go on.
func sweep(folder string) {
	entries, _ := os.ReadDir(folder)
	for _, e := range entries {
		if !e.IsDir() || !slices.ContainsFunc(kinds, func(k Kind) bool { return strings.HasPrefix(e.Name(), string(k)) }) {
			continue
		}
		w := &Folder{Path: filepath.Join(folder, e.Name())}
		if w.abandoned() {
			_ = w.Remove()
		} else {
			w.close()
		}
	}
}

// abandoned opens a folder that another process made, and says whether that
// process is gone.
func (w *Folder) abandoned() bool {
	info, err := os.Lstat(w.Path)
	if err != nil || !info.IsDir() || !mine(info) {
		return false
	}
	if w.Root, err = os.OpenRoot(w.Path); err != nil {
		return false
	}
	w.lock, err = w.Root.OpenFile(lockName, os.O_RDWR|inputfile.NoWait, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return time.Since(info.ModTime()) > unfinished
	}
	if err != nil {
		return false
	}
	locked, err := tryLock(w.lock)
	return err == nil && locked
}
