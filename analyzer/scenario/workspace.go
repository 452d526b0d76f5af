package scenario

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Names in the folder for temporary files and in a workspace.
const (
	workspacePrefix = "layerwise-rebuild-"
	lockName        = "lock"
)

// maxTries bounds how often a workspace is made anew when another process takes
// it for a left-over.
const maxTries = 10

// unfinished is the age from which a workspace without a lock is left over
// rather than being made.
const unfinished = time.Hour

// workspace is the folder of one experiment. It is locked as long as the
// process lives, so that a later one can tell what a killed one left behind.
type workspace struct {
	root *os.Root
	lock *os.File
	path string
}

// newWorkspace makes a workspace in a folder, "" for the system's folder for
// temporary files, after it has removed those that are left over there.
func newWorkspace(folder string) (*workspace, error) {
	if folder == "" {
		folder = os.TempDir()
	}
	folder, err := filepath.Abs(folder)
	if err != nil {
		return nil, fmt.Errorf("make a folder for the copy: %w", err)
	}
	sweep(folder)
	for range maxTries {
		path, err := os.MkdirTemp(folder, workspacePrefix)
		if err != nil {
			return nil, fmt.Errorf("make a folder for the copy: %w; TMPDIR says where it may be", err)
		}
		w := &workspace{path: path}
		locked, err := w.open()
		if err != nil {
			return nil, errors.Join(fmt.Errorf("make a folder for the copy: %w", err), w.remove())
		}
		if locked {
			return w, nil
		}
		w.close()
	}
	return nil, fmt.Errorf("make a folder for the copy: another process keeps removing it from %s", folder)
}

// open locks the workspace. It fails to where another process found the folder
// before it was locked, takes it for a left-over and is removing it.
func (w *workspace) open() (locked bool, err error) {
	if w.root, err = os.OpenRoot(w.path); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	if w.lock, err = w.root.OpenFile(lockName, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	if locked, err = tryLock(w.lock); err != nil || !locked {
		return false, err
	}
	_, err = w.root.Lstat(lockName)
	return err == nil, nil
}

// close lets go of the workspace and leaves it where it is.
func (w *workspace) close() error {
	var errs []error
	if w.root != nil {
		errs = append(errs, w.root.Close())
	}
	if w.lock != nil {
		errs = append(errs, w.lock.Close())
	}
	return errors.Join(errs...)
}

// remove deletes the workspace and all that is in it. The lock goes last:
// until then the folder is not up for grabs.
func (w *workspace) remove() error {
	var errs []error
	if w.root != nil {
		names, err := readNames(w.root)
		errs = append(errs, err)
		for _, name := range names {
			if name != lockName {
				errs = append(errs, removeAll(w.root, name))
			}
		}
	}
	errs = append(errs, w.close(), os.RemoveAll(w.path))
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("remove the copy %s: %w", w.path, err)
	}
	return nil
}

// Sweep removes the copies that killed processes left in the system's folder for
// temporary files.
func Sweep() { sweep(os.TempDir()) }

// sweep removes the workspaces that killed processes left in a folder. What it
// cannot remove stays; that is no reason not to go on.
func sweep(folder string) {
	entries, _ := os.ReadDir(folder)
	for _, e := range entries {
		if !e.IsDir() || !strings.HasPrefix(e.Name(), workspacePrefix) {
			continue
		}
		w := &workspace{path: filepath.Join(folder, e.Name())}
		if w.abandoned() {
			_ = w.remove()
		} else {
			w.close()
		}
	}
}

// abandoned opens a workspace that another process made, and says whether that
// process is gone.
func (w *workspace) abandoned() bool {
	info, err := os.Lstat(w.path)
	if err != nil || !info.IsDir() || !mine(info) {
		return false
	}
	if w.root, err = os.OpenRoot(w.path); err != nil {
		return false
	}
	w.lock, err = w.root.OpenFile(lockName, os.O_RDWR|noBlock, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return time.Since(info.ModTime()) > unfinished
	}
	if err != nil {
		return false
	}
	locked, err := tryLock(w.lock)
	return err == nil && locked
}
