package history

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/layerwise/layerwise/analyzer/record"
)

// PruneOptions say what Prune removes: whatever one of them names.
type PruneOptions struct {
	Project *record.Project // of this project only
	Keep    int             // all but so many of each project, the newest; 0 for no such bound
	// OlderThan removes what started longer ago than this; 0 for no such bound.
	OlderThan time.Duration
	// All removes every record, those that were set aside, and predictions.
	All bool
}

// Prune removes records. It returns what it removed, newest first, and how many
// bytes of disk that and its own litter took. An error names the first file
// that could not be removed; the others are removed all the same.
func (s *Store) Prune(opts PruneOptions) (removed []Entry, freed int64, err error) {
	folders, err := s.folders(opts.Project)
	if err != nil {
		return nil, 0, err
	}
	for _, folder := range folders {
		gone, bytes, folderErr := s.pruneFolder(folder, opts, "")
		removed = append(removed, gone...)
		freed += bytes
		if err == nil {
			err = folderErr
		}
		// Only an empty folder goes; Save makes it again.
		os.Remove(folder)
	}
	sortNewestFirst(removed)
	return removed, freed, err
}

// pruneFolder prunes one project, except for the record that has just been saved,
// "" for none. A file that is gone already is no error: another process may prune
// at the same time.
func (s *Store) pruneFolder(folder string, opts PruneOptions, saved string) (removed []Entry, freed int64, err error) {
	remove := func(path string, size int64) bool {
		switch removeErr := os.Remove(path); {
		case removeErr == nil:
			freed += size
			return true
		case err == nil && !errors.Is(removeErr, fs.ErrNotExist):
			err = removeErr
		}
		return false
	}
	entries := s.entries(folder)
	sortNewestFirst(entries)
	for i, e := range entries {
		tooMany := opts.Keep > 0 && i >= opts.Keep
		tooOld := opts.OlderThan > 0 && time.Since(e.Started) > opts.OlderThan
		if (opts.All || tooMany || tooOld) && e.ID != saved && remove(e.Path, e.Size) {
			removed = append(removed, e)
		}
	}
	names, _ := os.ReadDir(folder)
	for _, name := range names {
		info, infoErr := name.Info()
		if infoErr != nil {
			continue
		}
		drop := isStaleTemp(name)
		switch {
		case !name.Type().IsRegular():
		case strings.HasSuffix(name.Name(), suffix+damagedSuffix):
			drop = opts.All
		case name.Name() == predictionName:
			drop = opts.All || opts.OlderThan > 0 && time.Since(info.ModTime()) > opts.OlderThan
		}
		if drop {
			remove(filepath.Join(folder, name.Name()), info.Size())
		}
	}
	return removed, freed, err
}
