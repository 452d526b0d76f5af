package history

import (
	"iter"

	"github.com/layerwise/layerwise/analyzer/record"
)

// Before returns the record of the build before this one in the same project,
// nil when there is none. Damaged records are passed over, as by Latest.
func (s *Store) Before(r *record.Record) (*record.Record, error) {
	for old, err := range s.before(r) {
		return old, err
	}
	return nil, nil
}

// Earlier yields the records of a project that are older than one of it, the newest
// first. Each is read when it is asked for; what cannot be read is passed over with a
// warning.
func (s *Store) Earlier(r *record.Record) iter.Seq[*record.Record] {
	return func(yield func(*record.Record) bool) {
		for old, err := range s.before(r) {
			if err != nil {
				s.warn("%v", err)
				return
			}
			if !yield(old) {
				return
			}
		}
	}
}

func (s *Store) before(r *record.Record) iter.Seq2[*record.Record, error] {
	return func(yield func(*record.Record, error) bool) {
		entries, err := s.List(Filter{Project: &r.Project})
		if err != nil {
			yield(nil, err)
			return
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
			if old := s.usable(e, record.Limits{}); old != nil && !yield(old, nil) {
				return
			}
		}
	}
}
