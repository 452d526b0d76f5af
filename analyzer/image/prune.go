package image

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Names in a cache.
const (
	layerSuffix = ".layer"
	blobSuffix  = ".blob"
	tempPattern = ".tmp-*"
)

// Bounds of a cache. A layer of 10,000 files takes half a megabyte, mostly for
// their digests.
const (
	maxCacheBytes = 256 << 20
	maxCacheFiles = 10000
)

// staleAfter is the age from which a temporary file belongs to nobody.
const staleAfter = time.Hour

// usedAfter is the age from which a use is noted.
const usedAfter = 24 * time.Hour

// used notes that a file was of use, at most once a day.
func (c *Cache) used(path string) {
	if info, err := os.Lstat(path); err == nil && time.Since(info.ModTime()) > usedAfter {
		now := time.Now()
		os.Chtimes(path, now, now)
	}
}

// prune removes the files that were of no use for the longest, until the cache is
// within its bounds, and what writers left that were killed.
func (c *Cache) prune() {
	names, err := os.ReadDir(c.dir)
	if err != nil {
		return
	}
	var files []fs.FileInfo
	var sum int64
	for _, name := range names {
		info, err := name.Info()
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		switch match, _ := filepath.Match(tempPattern, name.Name()); {
		case match && time.Since(info.ModTime()) > staleAfter:
			os.Remove(filepath.Join(c.dir, name.Name()))
		case strings.HasSuffix(name.Name(), layerSuffix), strings.HasSuffix(name.Name(), blobSuffix):
			files = append(files, info)
			sum += info.Size()
		}
	}
	slices.SortFunc(files, func(a, b fs.FileInfo) int { return a.ModTime().Compare(b.ModTime()) })
	for len(files) > 0 && (sum > c.maxBytes || len(files) > c.maxFiles) {
		os.Remove(filepath.Join(c.dir, files[0].Name()))
		sum -= files[0].Size()
		files = files[1:]
	}
}

// Clear empties the cache. It leaves what others are writing.
func (c *Cache) Clear() error {
	names, err := os.ReadDir(c.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, name := range names {
		if n := name.Name(); strings.HasSuffix(n, layerSuffix) || strings.HasSuffix(n, blobSuffix) {
			if gone := os.Remove(filepath.Join(c.dir, n)); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
				err = errors.Join(err, gone)
			}
		}
	}
	return err
}
