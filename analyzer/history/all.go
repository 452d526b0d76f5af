package history

import (
	"github.com/layerwise/layerwise/analyzer/record"
)

// All returns the records of a project, newest first, without those that cannot
// be read: see Latest. Of each engine, the newest record that has any Trees is the
// last one that has them: fifty times the files of a large context fill the memory.
func (s *Store) All(project record.Project) ([]*record.Record, error) {
	entries, err := s.ofProject(project)
	if err != nil {
		return nil, err
	}
	var records []*record.Record
	known := map[string]bool{} // engines of which a record has its trees
	for _, e := range entries {
		r := s.usable(e, record.Limits{NoTrees: e.Engine != "" && known[e.Engine]})
		if r == nil {
			continue
		}
		records = append(records, r)
		known[e.Engine] = known[e.Engine] || len(r.Trees) > 0
	}
	return records, nil
}

// Others returns the newest records of all other projects that were built on an
// engine, at most limit, newest first, without their Trees.
func (s *Store) Others(project record.Project, cacheID string, limit int) ([]*record.Record, error) {
	entries, err := s.List(Filter{})
	if err != nil {
		return nil, err
	}
	own := projectFolder(project)
	var records []*record.Record
	for _, e := range entries {
		if e.Engine != cacheID || projectFolder(e.Project) == own {
			continue
		}
		if limit--; limit < 0 {
			break
		}
		if r := s.usable(e, record.Limits{NoTrees: true}); r != nil {
			records = append(records, r)
		}
	}
	return records, nil
}
