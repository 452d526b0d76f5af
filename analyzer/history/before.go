package history

import "github.com/layerwise/layerwise/analyzer/record"

// Before returns the record of the build before this one in the same project,
// nil when there is none. Damaged records are passed over, as by Latest.
func (s *Store) Before(r *record.Record) (*record.Record, error) {
	entries, err := s.List(Filter{Project: &r.Project})
	if err != nil {
		return nil, err
	}
	reached := false
	for _, e := range entries { // newest first
		if e.ID == r.ID {
			reached = true
			continue
		}
		if !reached {
			continue
		}
		if old := s.usable(e); old != nil {
			return old, nil
		}
	}
	return nil, nil
}
