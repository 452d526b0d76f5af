package history

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/layerwise/layerwise/analyzer/record"
)

// Filter says which records to list. The zero value lists all.
type Filter struct {
	Project *record.Project // of this project only
	Limit   int             // at most so many, the newest; 0 for no limit
}

// List returns the stored records that a filter lets through, newest first, and
// at the end those that are dated in the future: nobody knows when they were
// made. The cost is one small read for each record.
func (s *Store) List(filter Filter) ([]Entry, error) {
	folders, err := s.folders(filter.Project)
	if err != nil {
		return nil, err
	}
	entries := []Entry{}
	for _, folder := range folders {
		entries = append(entries, s.entries(folder)...)
	}
	sortNewestFirst(entries)
	if filter.Limit > 0 && len(entries) > filter.Limit {
		entries = entries[:filter.Limit]
	}
	return entries, nil
}

// ahead is how far a record may be dated in the future: clocks are set back by a
// little now and then, and other machines may write to the same folder.
const ahead = time.Minute

func sortNewestFirst(entries []Entry) {
	latest := time.Now().Add(ahead)
	future := func(e Entry) int {
		if e.Started.After(latest) {
			return 1
		}
		return 0
	}
	slices.SortFunc(entries, func(a, b Entry) int {
		return cmp.Or(cmp.Compare(future(a), future(b)), b.Started.Compare(a.Started), cmp.Compare(b.ID, a.ID))
	})
}

// ofProject lists the records of a project as List does, and warns of those that
// are dated in the future.
func (s *Store) ofProject(project record.Project) ([]Entry, error) {
	entries, err := s.List(Filter{Project: &project})
	if err != nil {
		return nil, err
	}
	latest := time.Now().Add(ahead)
	future := 0
	for i := len(entries); i > 0 && entries[i-1].Started.After(latest); i-- {
		future++
	}
	if future > 0 {
		last := entries[len(entries)-future].Started
		s.warn("%d of this project's %d records are dated in the future, up to %s: they count as the oldest", future, len(entries), last.Format(time.DateTime))
	}
	return entries, nil
}

// folders returns the folders of all projects, or of one.
func (s *Store) folders(project *record.Project) ([]string, error) {
	if project != nil {
		return []string{filepath.Join(s.dir, projectFolder(*project))}, nil
	}
	names, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, err
	}
	var folders []string
	for _, name := range names {
		if name.IsDir() {
			folders = append(folders, filepath.Join(s.dir, name.Name()))
		}
	}
	return folders, nil
}

// recordFiles returns the record files of a folder by id. Only regular files
// count: opening anything else might wait for ever.
func recordFiles(folder string) (map[string]string, error) {
	names, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	files := map[string]string{}
	for _, name := range names {
		id, ok := strings.CutSuffix(name.Name(), suffix)
		if ok && name.Type().IsRegular() && validID.MatchString(id) {
			files[id] = filepath.Join(folder, name.Name())
		}
	}
	return files, nil
}

// entries returns the entries of a folder, in no order, without those that
// cannot be read.
func (s *Store) entries(folder string) []Entry {
	files, err := recordFiles(folder)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			s.warn("cannot list records: %v", err)
		}
		return nil
	}
	entries := make([]Entry, 0, len(files))
	for id, path := range files {
		var damaged *record.DamagedError
		e, err := readEntry(path)
		switch {
		case errors.Is(err, fs.ErrNotExist): // pruned meanwhile
		case errors.As(err, &damaged):
			s.setAside(Entry{ID: id, Path: path}, err)
		case err != nil:
			s.warn("record %s is skipped: %v", id, err)
		default:
			e.ID = id // what Get finds it by
			entries = append(entries, e)
		}
	}
	return entries
}

func readEntry(path string) (Entry, error) {
	f, err := os.Open(path)
	if err != nil {
		return Entry{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return Entry{}, err
	}
	e, err := readHeader(f)
	if errors.Is(err, errNoHeader) {
		var r *record.Record
		if r, err = readFile(path, record.Limits{NoTrees: true}); err == nil {
			e = entryOf(r)
		}
	}
	e.Size, e.Path = info.Size(), path
	return e, err
}
