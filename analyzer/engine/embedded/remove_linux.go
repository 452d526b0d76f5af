package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Remove deletes a state folder: all that the engine keeps, and the folder. It
// returns an *InUseError while a process holds it, and a *NotStateError for a
// folder that holds anything else: one that has no marker, and is not DefaultRoot.
// A missing folder is no error.
func Remove(ctx context.Context, root string) error {
	if !filepath.IsAbs(root) {
		return fmt.Errorf("state folder %q: want an absolute path", root)
	}
	if _, err := os.Lstat(root); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	root, err := resolveRoot(root)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(filepath.Join(root, markerName)); err != nil && !isOurs(root) {
		return &NotStateError{Root: root}
	}
	lock, err := acquire(ctx, root, nil)
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := empty(ctx, root, lock); err != nil {
		return fmt.Errorf("remove state folder %s: %w", root, err)
	}
	// The marker stays to the end, so that a removal that was interrupted can
	// be taken up again, and the lock after it, so that nobody starts here yet.
	for _, name := range []string{logName, markerName, lockName, ""} {
		err := os.Remove(filepath.Join(root, name))
		switch {
		case err == nil, errors.Is(err, fs.ErrNotExist):
		case name == "" && errors.Is(err, syscall.ENOTEMPTY): // the next engine is quick
		default:
			return fmt.Errorf("remove state folder: %w", err)
		}
	}
	return nil
}

// empty deletes the state from inside the same kind of namespaces that made it,
// since files may belong to subordinate ids.
func empty(ctx context.Context, root string, lock *os.File) error {
	c, err := spawn(callersPlace(root), lock)
	if err != nil {
		return err
	}
	// A damaged marker says nothing of ids, and must not stop the removal.
	if m, err := readMarker(root); err == nil {
		if err := m.allows(root, c.process.IDs); err != nil {
			c.abandon()
			return err
		}
	}
	if err := c.call(ctx, "Remove", root, &struct{}{}); err != nil {
		c.abandon()
		return err
	}
	return c.stop()
}

// removeState runs in the engine's process. It leaves the marker, the lock and
// the log to the caller.
func removeState(root string) error {
	entries, err := os.ReadDir(root)
	if err != nil {
		return err
	}
	var failed []error
	for _, e := range entries {
		switch e.Name() {
		case markerName, lockName, logName:
		default:
			failed = append(failed, os.RemoveAll(filepath.Join(root, e.Name())))
		}
	}
	return errors.Join(failed...)
}
