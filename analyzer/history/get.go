package history

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/layerwise/layerwise/analyzer/record"
)

// NotFoundError is a name that no stored record has.
type NotFoundError struct {
	Name string
}

func (e *NotFoundError) Error() string {
	return fmt.Sprintf("no record has an id that starts with %.100q", e.Name)
}

// AmbiguousError is the beginning of several ids.
type AmbiguousError struct {
	Prefix string
	IDs    []string // sorted, so oldest first
}

func (e *AmbiguousError) Error() string {
	const shown = 10
	list := strings.Join(e.IDs[:min(len(e.IDs), shown)], ", ")
	if more := len(e.IDs) - shown; more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	return fmt.Sprintf("%q is the beginning of several ids: %s", e.Prefix, list)
}

// Latest returns the newest record of a project, nil if there is none. A
// damaged record is set aside, one that cannot be read is skipped, and the
// next older one is used.
func (s *Store) Latest(project record.Project) (*record.Record, error) {
	entries, err := s.ofProject(project)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if r := s.usable(e, record.Limits{}); r != nil {
			return r, nil
		}
	}
	return nil, nil
}

// usable reads a listed record, nil where it cannot be used.
func (s *Store) usable(e Entry, limits record.Limits) *record.Record {
	r, err := readFile(e.Path, limits)
	var damaged *record.DamagedError
	switch {
	case err == nil:
		return r
	case errors.As(err, &damaged):
		s.setAside(e, err)
	case !errors.Is(err, fs.ErrNotExist): // else pruned meanwhile
		s.warn("record %s is skipped: %v", e.ID, err)
	}
	return nil
}

// setAside renames a damaged record, so that it is not met again.
func (s *Store) setAside(e Entry, reason error) {
	if err := os.Rename(e.Path, e.Path+damagedSuffix); err != nil {
		s.warn("record %s is skipped: %v", e.ID, reason)
		return
	}
	s.warn("record %s is set aside as %s: %v", e.ID, e.Path+damagedSuffix, reason)
}

// Get returns the record with this id, or the only one whose id starts with
// it. Errors are a *NotFoundError, an *AmbiguousError, or those of reading.
func (s *Store) Get(idOrPrefix string) (*record.Record, error) {
	if !validID.MatchString(idOrPrefix) {
		return nil, &NotFoundError{idOrPrefix}
	}
	folders, err := s.folders(nil)
	if err != nil {
		return nil, fmt.Errorf("cannot look for record %s: %w", idOrPrefix, err)
	}
	found := map[string]string{}
	for _, folder := range folders {
		files, err := recordFiles(folder)
		if err != nil {
			s.warn("cannot list records: %v", err)
		}
		for id, path := range files {
			if strings.HasPrefix(id, idOrPrefix) {
				found[id] = path
			}
		}
	}
	path, ok := found[idOrPrefix]
	if !ok {
		var ids []string
		for id := range found {
			ids = append(ids, id)
			path = found[id]
		}
		switch slices.Sort(ids); len(ids) {
		case 0:
			return nil, &NotFoundError{idOrPrefix}
		case 1:
		default:
			return nil, &AmbiguousError{idOrPrefix, ids}
		}
	}
	r, err := readFile(path, record.Limits{})
	if err != nil {
		return nil, fmt.Errorf("cannot read record %s: %w", path, err)
	}
	return r, nil
}
