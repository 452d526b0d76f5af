package history

import (
	"github.com/layerwise/layerwise/analyzer/record"
)

// All returns the records of a project, newest first, without those that cannot
// be read: see Latest.
func (s *Store) All(project record.Project) ([]*record.Record, error) {
	entries, err := s.ofProject(project)
	if err != nil {
		return nil, err
	}
	return s.read(entries), nil
}

// Others returns the newest records of all other projects that were built on an
// engine, at most limit, newest first. Their Trees are left out.
func (s *Store) Others(project record.Project, cacheID string, limit int) ([]*record.Record, error) {
	entries, err := s.List(Filter{})
	if err != nil {
		return nil, err
	}
	own := projectFolder(project)
	var of []Entry
	for _, e := range entries {
		if e.Engine == cacheID && projectFolder(e.Project) != own && len(of) < limit {
			of = append(of, e)
		}
	}
	records := s.read(of)
	for _, r := range records {
		r.Trees = nil
	}
	return records, nil
}

func (s *Store) read(entries []Entry) []*record.Record {
	var records []*record.Record
	for _, e := range entries {
		if r := s.usable(e); r != nil {
			records = append(records, r)
		}
	}
	return records
}
