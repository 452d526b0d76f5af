//go:build linux

package daemon

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Sweep removes what steps left behind when the engine was killed while they
// ran: their bundles, and, where runc ran them as root, their empty control
// groups. Nothing may run on the state folder.
func Sweep(root string) error {
	executors, err := filepath.Glob(filepath.Join(root, "runc-*", "executor"))
	if err != nil {
		return fmt.Errorf("look for left bundles: %w", err)
	}
	for _, dir := range executors {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return fmt.Errorf("look for left bundles: %w", err)
		}
		for _, e := range entries {
			if !e.IsDir() {
				continue
			}
			bundle := filepath.Join(dir, e.Name())
			if _, err := os.Lstat(filepath.Join(bundle, "config.json")); errors.Is(err, fs.ErrNotExist) {
				continue
			}
			removeGroups(e.Name())
			if err := os.RemoveAll(bundle); err != nil {
				return fmt.Errorf("remove left bundle: %w", err)
			}
		}
	}
	return nil
}

// removeGroups removes the control groups of a step, which BuildKit names after
// its bundle, from all hierarchies. One that cannot be removed does no harm.
func removeGroups(bundle string) {
	for _, hierarchy := range []string{"", "*"} {
		groups, err := filepath.Glob(filepath.Join("/sys/fs/cgroup", hierarchy, "buildkit", bundle))
		if err != nil {
			continue
		}
		for _, group := range groups {
			_ = os.Remove(group)
		}
	}
}
