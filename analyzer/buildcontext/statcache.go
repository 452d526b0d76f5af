package buildcontext

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"time"

	"github.com/layerwise/layerwise/analyzer/internal/atomicfile"
)

// StatCache keeps the digests of files between scans, in one file for each
// scanned folder. A digest holds as long as the file's device, inode, size,
// mode, time of modification and time of change are what they were: nothing
// that enters a digest changes without the last of them.
//
// A file that was changed just before it was read is never trusted, since a
// second change within the same tick of the file system's clock would not show
// (git calls that racily clean). A cache that is damaged, or cannot be read or
// written, costs time and nothing else.
type StatCache struct {
	dir string
}

// granularity is the coarsest clock of a file system in use, that of FAT.
const granularity = 2 * time.Second

// Bounds of the cache on disk.
const (
	staleAfter   = 30 * 24 * time.Hour // a scanned folder's file goes when it was not written for so long
	maxStatFile  = 1 << 30             // bytes; a larger file is ignored
	maxFolderAge = 16                  // writes of the file that a folder outlives unvisited
)

// NewStatCache returns the cache in a folder, which need not exist.
func NewStatCache(dir string) *StatCache { return &StatCache{dir: dir} }

// path returns the file for a scanned folder.
func (c *StatCache) path(root string) string {
	sum := sha256.Sum256([]byte(root))
	return filepath.Join(c.dir, hex.EncodeToString(sum[:16])+".stat")
}

// load returns what is known of a scanned folder; of a nil cache, nothing.
func (c *StatCache) load(root string) *statFile {
	if c == nil {
		return &statFile{}
	}
	path := c.path(root)
	if info, err := os.Lstat(path); err != nil || !info.Mode().IsRegular() || info.Size() > maxStatFile {
		return &statFile{}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return &statFile{}
	}
	known, err := parseStatFile(data, root)
	if err != nil {
		return &statFile{}
	}
	return known
}

// saveCache writes what the scan learned, where that is anything. Folders that
// it did not visit stay for a while: another Dockerfile may visit them.
func (s *scan) saveCache() {
	if s.cache == nil {
		return
	}
	trusted := s.start.Add(-granularity).UnixNano()
	if !s.top.learned(trusted) {
		return
	}
	out := newStatWriter(s.root)
	s.top.write(out, s.known, trusted)
	for path, block := range s.known.folders {
		if !out.written[path] && block.age < maxFolderAge {
			out.block(path, block.age+1, block.entries)
		}
	}
	s.cache.store(s.root, out.finish())
}

// cacheable says whether a file's digest may be trusted later.
func (f *file) cacheable(trusted int64) bool {
	return !f.gone && f.id.fixed && f.id.mtime < trusted && f.id.ctime < trusted
}

// learned says whether a file below has a digest that the cache lacks.
func (f *folder) learned(trusted int64) bool {
	for i := range f.files {
		file := &f.files[i]
		if file.hashed && file.cacheable(trusted) || file.sub != nil && file.sub.learned(trusted) {
			return true
		}
	}
	return false
}

// write writes the folder and those below. What is known of files that this
// scan left out stays, while they are there.
func (f *folder) write(out *statWriter, known *statFile, trusted int64) {
	var entries bytes.Buffer
	old := known.folder(f.path)
	for i := range f.files {
		switch file := &f.files[i]; {
		case !file.keep && file.sub == nil:
			old.copyEntry(&entries, file.name)
		case file.cacheable(trusted):
			writeEntry(&entries, file)
		}
	}
	out.block(f.path, 0, entries.Bytes())
	for i := range f.files {
		if sub := f.files[i].sub; sub != nil {
			sub.write(out, known, trusted)
		}
	}
}

// store replaces the file of a scanned folder in one step, and drops files
// that nobody wrote for long.
func (c *StatCache) store(root string, data []byte) {
	c.replace(c.path(root), data)
	c.prune()
}

// replace writes one file of the cache, whole or not at all.
func (c *StatCache) replace(path string, data []byte) {
	if os.MkdirAll(c.dir, 0o700) == nil {
		_ = atomicfile.Write(path, ".tmp-*", 0o600, data) // it is a cache
	}
}

func (c *StatCache) prune() {
	names, _ := os.ReadDir(c.dir)
	for _, name := range names {
		ours := filepath.Ext(name.Name()) == ".stat" || bytes.HasPrefix([]byte(name.Name()), []byte(".tmp-"))
		if info, err := name.Info(); err == nil && ours && info.Mode().IsRegular() && time.Since(info.ModTime()) > staleAfter {
			os.Remove(filepath.Join(c.dir, name.Name()))
		}
	}
}
