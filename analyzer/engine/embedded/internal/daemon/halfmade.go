//go:build linux

package daemon

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// A first start that is killed, or that runs into a full disk, may leave
// databases that are half made, which bbolt cannot read. The worker's folder is
// marked once all of them have been opened; without the mark there is nothing
// of worth in it.

func workerRoot(cfg Config) string { return filepath.Join(cfg.Root, "runc-"+cfg.Snapshotter) }

func madeMark(cfg Config) string { return filepath.Join(workerRoot(cfg), "made") }

func clearHalfMade(cfg Config) error {
	_, err := os.Lstat(madeMark(cfg))
	if err == nil {
		return nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("look at state folder: %w", err)
	}
	if err := os.RemoveAll(workerRoot(cfg)); err != nil {
		return fmt.Errorf("clear state folder of an unfinished start: %w", err)
	}
	return nil
}

func markMade(cfg Config) error {
	f, err := os.OpenFile(madeMark(cfg), os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("mark state folder: %w", err)
	}
	return f.Close()
}
