package embedded

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/layerwise/layerwise/analyzer/engine/embedded/internal/sandbox"
	"github.com/layerwise/layerwise/analyzer/internal/atomicfile"
)

// Files of the state folder that are not BuildKit's.
const (
	lockName   = "lock"
	markerName = "layerwise-engine.json"
	markerTemp = markerName + "*.new" // a marker that is not whole yet
	logName    = "engine.log"
)

// marker tells a state folder from any other folder.
type marker struct {
	Format int         `json:"format"`
	IDs    sandbox.IDs `json:"ids,omitempty"` // of the last engine with ids of the caller's
	// Apart are the ids of the files below apartName; zero before the first.
	Apart sandbox.Range `json:"apart,omitzero"`
}

const stateFormat = 1

// prepareRoot makes the folder if it is missing, and refuses one that belongs
// to somebody else. It returns its path without symbolic links.
func prepareRoot(root string) (string, error) {
	if !filepath.IsAbs(root) {
		return "", fmt.Errorf("state folder %q: want an absolute path", root)
	}
	if err := os.MkdirAll(root, 0o700); err != nil {
		return "", fmt.Errorf("make the engine's state folder: %w", err)
	}
	return resolveRoot(root)
}

func resolveRoot(root string) (string, error) {
	root, err := filepath.EvalSymlinks(root)
	if err != nil {
		return "", fmt.Errorf("find the engine's state folder: %w", err)
	}
	info, err := os.Stat(root)
	if err != nil {
		return "", fmt.Errorf("find the engine's state folder: %w", err)
	}
	if !info.IsDir() {
		return "", fmt.Errorf("state folder %s: not a folder", root)
	}
	if owner := info.Sys().(*syscall.Stat_t).Uid; int(owner) != os.Geteuid() {
		return "", fmt.Errorf("state folder %s belongs to user %d, not to %d: run as that user, or set XDG_DATA_HOME to a folder of your own", root, owner, os.Geteuid())
	}
	return root, nil
}

// checkMarker refuses a folder that has files but no marker, and marks an empty
// one. The caller holds the folder's lock.
func checkMarker(root string) error {
	m, err := readMarker(root)
	if errors.Is(err, fs.ErrNotExist) {
		return markEmpty(root)
	}
	if err != nil {
		return err
	}
	if m.Format > stateFormat {
		return fmt.Errorf("state folder %s was made by a newer layerwise (format %d, this one knows %d): name another one", root, m.Format, stateFormat)
	}
	return nil
}

// isOurs says of a resolved folder whether it is the one that is used where nobody
// names another: whatever is in it, the engine made it.
func isOurs(root string) bool {
	usual, err := DefaultRoot()
	if err != nil {
		return false
	}
	usual, err = filepath.EvalSymlinks(usual)
	return err == nil && usual == root
}

func markEmpty(root string) error {
	entries, err := os.ReadDir(root)
	if err != nil {
		return fmt.Errorf("read the engine's state folder: %w", err)
	}
	for _, e := range entries {
		if unfinished, _ := filepath.Match(markerTemp, e.Name()); unfinished || e.Name() == lockName {
			continue
		}
		if isOurs(root) {
			return &DamagedError{Root: root, Err: fmt.Errorf("%s is missing", markerName)}
		}
		return &NotStateError{Root: root}
	}
	return writeMarker(root, marker{Format: stateFormat})
}

// allows refuses a folder with files of subordinate ids to an engine that has
// none: it could neither read nor delete them.
func (m marker) allows(root string, ids sandbox.IDs) error {
	if m.IDs == sandbox.IDsSubids && ids == sandbox.IDsSingle {
		return fmt.Errorf("state folder %s was made with the subordinate ids of /etc/subuid, which cannot be used now: install newuidmap and newgidmap (package uidmap), or name another folder", root)
	}
	return nil
}

// noteIDs checks and records which ids the engine has that is about to start.
func noteIDs(root string, ids sandbox.IDs) error {
	m, err := readMarker(root)
	if err != nil {
		return err
	}
	if err := m.allows(root, ids); err != nil || m.IDs == ids {
		return err
	}
	m.IDs = ids
	return writeMarker(root, m)
}

func readMarker(root string) (marker, error) {
	text, err := os.ReadFile(filepath.Join(root, markerName))
	if err != nil {
		return marker{}, fmt.Errorf("read the engine's state folder: %w", err)
	}
	var m marker
	if err := json.Unmarshal(text, &m); err != nil {
		return marker{}, &DamagedError{Root: root, Err: fmt.Errorf("%s: %w", markerName, err)}
	}
	return m, nil
}

// writeMarker replaces the marker in one step, so that it is never half there.
func writeMarker(root string, m marker) error {
	text, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("mark state folder: %w", err)
	}
	if err := atomicfile.Write(filepath.Join(root, markerName), markerTemp, 0o600, append(text, '\n')); err != nil {
		return fmt.Errorf("mark state folder: %w", err)
	}
	return nil
}
