package cli

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/docker/go-units"
	"github.com/layerwise/layerwise/analyzer/engine/embedded"
	"github.com/layerwise/layerwise/analyzer/history"
)

// hasNoSpace says that a disk is full, as the system and the programs of steps
// say it.
func hasNoSpace(text string) bool {
	return strings.Contains(strings.ToLower(text), "no space left on device")
}

// place is a folder that the program writes to.
type place struct {
	what, path string
	free       string // the command that makes room; "" for none
}

// places are all of them, as far as they are known.
func places(s *Streams) []place {
	var all []place
	dir := s.engineDir
	if dir == "" {
		dir, _ = embedded.DefaultRoot()
	}
	if dir != "" {
		all = append(all, place{"the engine's state", dir, "layerwise engine prune"})
	}
	if dir, err := history.DefaultDir(); err == nil {
		all = append(all, place{"the records", dir, "layerwise history prune"})
	}
	if dir, err := cacheFolder(""); err == nil {
		all = append(all, place{"the caches", dir, "removing the folder"})
	}
	return append(all, place{"the temporary folder", os.TempDir(), ""})
}

// nearlyFull is how little room a disk has that is called full, in bytes: what
// did not fit may have been removed again.
const nearlyFull = 256 << 20

// spaceHint names the folders of which the disk is full, what they hold, and what
// makes room.
func spaceHint(s *Streams) string {
	var full []string
	for _, p := range places(s) {
		free, ok := freeBytes(p.path)
		if !ok || free > nearlyFull {
			continue
		}
		text := p.what + " in " + p.path + " (" + units.HumanSize(float64(free)) + " free on its disk"
		if size := folderSize(p.path); p.free != "" && size > 0 {
			text += "; it holds " + units.HumanSize(float64(size)) + ", which " + p.free + " frees"
		}
		full = append(full, clean(text)+")")
	}
	if len(full) == 0 {
		return "make room on the disk that the message names"
	}
	return "make room on the disk of " + strings.Join(full, ", of ")
}

// maxSizing bounds how long a folder is measured.
const maxSizing = 2 * time.Second

// folderSize is what the files of a folder have, as far as they can be seen.
func folderSize(path string) (size int64) {
	end := time.Now().Add(maxSizing)
	_ = filepath.WalkDir(path, func(_ string, entry fs.DirEntry, err error) error {
		if time.Now().After(end) {
			return fs.SkipAll
		}
		if err != nil {
			return nil // what cannot be seen is not counted
		}
		if info, err := entry.Info(); err == nil && info.Mode().IsRegular() {
			size += info.Size()
		}
		return nil
	})
	return size
}

// nearest is the path, or the folder nearest to it that exists.
func nearest(path string) string {
	for {
		if _, err := os.Stat(path); err == nil || filepath.Dir(path) == path {
			return path
		}
		path = filepath.Dir(path)
	}
}
