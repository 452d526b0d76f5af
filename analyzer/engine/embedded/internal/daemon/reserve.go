//go:build linux

package daemon

import (
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// reservedBytes is the room that each database has for itself: enough to note
// what was removed.
const reservedBytes = 1 << 20

// databases are all of BuildKit's.
func databases(cfg Config) []string {
	dir := workerRoot(cfg)
	return []string{
		filepath.Join(cfg.Root, "cache.db"),
		filepath.Join(cfg.Root, "history.db"),
		filepath.Join(dir, "metadata_v2.db"),
		filepath.Join(dir, "containerdmeta.db"),
		filepath.Join(dir, "snapshots", "metadata.db"),
	}
}

// reserve takes room on the disk for the databases, so that what a step left
// can be removed when it has filled the disk: to remove it, they have to be
// written, and their files have holes. Where there is no room, or the file
// system cannot do it, they go without. All databases must have been opened.
func reserve(cfg Config) {
	for _, path := range databases(cfg) {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			continue
		}
		if info, err := f.Stat(); err == nil {
			// The size stays: it is the database's own affair.
			_ = unix.Fallocate(int(f.Fd()), unix.FALLOC_FL_KEEP_SIZE, 0, info.Size()+reservedBytes)
		}
		f.Close()
	}
}
