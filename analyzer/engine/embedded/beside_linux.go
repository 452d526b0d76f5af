package embedded

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Beside is what the state folder keeps besides this engine's own state: the
// state of root's other engine, the one that has other ids. It is nil where there
// is none.
func (e *Engine) Beside() *Beside {
	b, state := &Beside{RuntimeBuiltin, e.place.root}, filepath.Join(e.place.root, apartName)
	if e.place.apart != nil {
		b.Runtime, state = RuntimeRunc, e.place.root
	}
	// A start that came to nothing leaves folders with nothing in them.
	if made, err := filepath.Glob(filepath.Join(state, "runc-*", "workerid")); err != nil || made == nil {
		return nil
	}
	return b
}

// Beside is a state that no engine runs on. It is valid until the engine that
// names it, which holds the lock of both, is closed.
type Beside struct {
	Runtime string // that fills it, for root
	root    string
}

// Size is the room that it takes on the disk, in bytes.
func (b *Beside) Size() (int64, error) {
	paths, err := b.paths()
	if err != nil {
		return 0, err
	}
	var size int64
	for _, path := range paths {
		err := filepath.WalkDir(path, func(_ string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := d.Info()
			if err != nil {
				return err
			}
			if st, ok := info.Sys().(*syscall.Stat_t); ok {
				size += st.Blocks * 512
			}
			return nil
		})
		if err != nil {
			return size, err
		}
	}
	return size, nil
}

// Remove deletes it.
func (b *Beside) Remove() error {
	paths, err := b.paths()
	failed := []error{err}
	for _, path := range paths {
		failed = append(failed, os.RemoveAll(path))
	}
	return errors.Join(failed...)
}

// paths are those of the state.
func (b *Beside) paths() ([]string, error) {
	entries, err := os.ReadDir(b.root)
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, e := range entries {
		switch name := e.Name(); name {
		case markerName, lockName, logName:
		default:
			if (name == apartName) == (b.Runtime == RuntimeBuiltin) {
				paths = append(paths, filepath.Join(b.root, name))
			}
		}
	}
	return paths, nil
}
