package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/layerwise/layerwise/analyzer/engine/embedded/internal/daemon"
	"github.com/layerwise/layerwise/analyzer/engine/embedded/internal/sandbox"
)

// place is where an engine keeps what BuildKit makes, and with whose ids. Files
// that were made with one mapping of ids are of no use with another, so root,
// who has two, has two folders.
type place struct {
	root  string         // the state folder, with its lock, marker and log
	state string         // BuildKit's part of it
	apart *sandbox.Range // nil: the ids that the caller can have as an engine
}

// apartName is the folder of the state folder that an engine apart from root
// keeps its state in. Everything else is in the state folder itself.
const apartName = "apart"

func callersPlace(root string) place { return place{root: root, state: root} }

// apartPlace makes and claims the folder of an engine apart from root. It
// returns a line for the user where what was there is of no use anymore. The
// caller holds the lock.
func apartPlace(root string) (_ place, notice string, err error) {
	m, err := readMarker(root)
	if err != nil {
		return place{}, "", err
	}
	ids, err := sandbox.OwnRange(m.Apart)
	if err != nil {
		return place{}, "", err
	}
	state := filepath.Join(root, apartName)
	if owner, err := ownerOf(state); err == nil && owner != ids.UID {
		notice = fmt.Sprintf("the engine's files in %s belong to user %d, which it cannot be now: it starts with an empty cache", state, owner)
		if err := os.RemoveAll(state); err != nil {
			return place{}, "", fmt.Errorf("clear the engine's state folder: %w", err)
		}
	}
	if err := os.Mkdir(state, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return place{}, "", fmt.Errorf("make the engine's state folder: %w", err)
	}
	if err := os.Chown(state, ids.UID, ids.GID); err != nil {
		return place{}, "", fmt.Errorf("make the engine's state folder: %w", err)
	}
	if m.Apart != ids {
		m.Apart = ids
		if err := writeMarker(root, m); err != nil {
			return place{}, "", err
		}
	}
	return place{root: root, state: state, apart: &ids}, notice, nil
}

func ownerOf(path string) (uid int, err error) {
	info, err := os.Lstat(path)
	if err != nil {
		return 0, err
	}
	return int(info.Sys().(*syscall.Stat_t).Uid), nil
}

// mayBeRoot reports whether steps can turn out to run with the ids of the
// machine's root, which only runc is trusted with unless the caller insists.
func mayBeRoot(o Options) bool {
	switch {
	case !sandbox.IsHostRoot(), o.Insecure, o.Runtime == RuntimeRunc:
		return true
	case o.Runtime == RuntimeBuiltin:
		return false
	}
	return daemon.HasRunc()
}
