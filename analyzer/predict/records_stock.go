package predict

import (
	"slices"

	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/layerwise/layerwise/analyzer/solve"
)

// stock is what lies in an engine's cache now, with what the records know of it:
// an entry by the name of a recorded operation that was made when that ran is its
// result. What is left somebody else has made, of files that nobody here has seen.
type stock struct {
	count   map[string]int
	byName  map[string][]*solve.CacheEntry
	byID    map[string]*solve.CacheEntry
	of      map[*solve.CacheEntry]*key // of which key it is the result; absent where nobody knows
	entries map[*key][]*solve.CacheEntry
	keys    map[string][]*key // of which results are called so
}

func newStock(entries []solve.CacheEntry) *stock {
	s := &stock{count: solve.CacheCount(entries), byName: map[string][]*solve.CacheEntry{}, byID: map[string]*solve.CacheEntry{},
		of: map[*solve.CacheEntry]*key{}, entries: map[*key][]*solve.CacheEntry{}, keys: map[string][]*key{}}
	for i := range entries {
		e := &entries[i]
		s.byName[e.Name] = append(s.byName[e.Name], e)
		s.byID[e.ID] = e
	}
	return s
}

// attribute finds the results of the keys that are known, each once.
func (s *stock) attribute(m *memory) {
	for _, keys := range m.keys {
		for _, k := range keys {
			for _, name := range slices.Compact(slices.Sorted(slices.Values(k.names))) {
				s.keys[name] = append(s.keys[name], k)
				for _, made := range k.made {
					s.take(k, name, made)
				}
			}
		}
	}
}

func (s *stock) take(k *key, name string, made record.Span) {
	for _, e := range s.byName[name] {
		if s.of[e] == nil && made.Contains(e.Created) {
			s.of[e] = k
			s.entries[k] = append(s.entries[k], e)
			return
		}
	}
}

// foreign says that the engine may hold a result of an operation that no record
// has: there is one by its name, made by nobody that is known, on top of what may be
// the result of the operation's base.
func (d *verdicts) foreign(o *operation) bool {
	name := d.memory.name(o.vertex)
	if name == "" || d.now == nil {
		return false
	}
	base := baseOf(o.vertex)
	maker := o.maker(base)
	if maker != nil && maker.kind == forced {
		return false // what is made to run tells those that lie on it no key
	}
	on, anything := d.resultsOf(maker)
	all, here := len(d.strangers(name, nil, true)), len(d.strangers(name, on, anything))
	// Some may be results of keys that are known, only not which.
	for _, k := range d.now.keys[name] {
		all -= k.untold
		if anything || len(k.inputs) == len(o.inputs) && k.inputs[base].lead(&o.inputs[base]) > no {
			here -= k.untold
		}
	}
	return all > 0 && here > 0
}

// strangers are the entries by a name that nobody is known to have made, and that may
// lie on one of others, or on anything.
func (d *verdicts) strangers(name string, on map[*solve.CacheEntry]bool, anything bool) []*solve.CacheEntry {
	var found []*solve.CacheEntry
	for _, e := range d.now.byName[name] {
		if d.now.of[e] == nil && (anything || len(on) > 0 && d.now.liesOn(e, on)) {
			found = append(found, e)
		}
	}
	return found
}

// liesOn says that an entry may lie on top of one of others.
func (s *stock) liesOn(e *solve.CacheEntry, others map[*solve.CacheEntry]bool) bool {
	return len(e.Parents) == 0 || slices.ContainsFunc(e.Parents, func(id string) bool {
		parent := s.byID[id]
		return parent == nil || others[parent]
	})
}

// resultsOf has the entries that may be results of an operation; anything says that
// any may.
func (d *verdicts) resultsOf(o *operation) (entries map[*solve.CacheEntry]bool, anything bool) {
	if o == nil {
		return nil, true
	}
	if known, ok := d.stocked[o]; ok {
		return known, known == nil
	}
	found := d.findResults(o)
	d.stocked[o] = found
	return found, found == nil
}

// findResults returns nil for anything.
func (d *verdicts) findResults(o *operation) map[*solve.CacheEntry]bool {
	name := d.memory.name(o.vertex)
	found := map[*solve.CacheEntry]bool{}
	switch {
	case name == "":
		return nil
	case isSource(o.vertex):
		for _, e := range d.now.byName[name] {
			found[e] = true
		}
		if len(found) == 0 { // its layers may be those of another image
			return nil
		}
		return found
	}
	kept := d.made[o.vertex.Digest]
	keys := slices.Concat(o.found, o.perhaps, kept.sure, kept.possible)
	switch {
	case o.kind == unsure || kept.anything || o.vertex.Op.Kind == "merge":
		return nil
	case o.kind == unknown && len(keys) == 0:
		return found // its result is made anew, and nothing lies on that yet
	}
	for _, k := range keys {
		for _, e := range d.now.entries[k] {
			found[e] = true
		}
	}
	on, anything := d.resultsOf(o.maker(baseOf(o.vertex)))
	for _, e := range d.strangers(name, on, anything) {
		found[e] = true
	}
	return found
}

// baseOf is the input that an operation's result lies on top of; -1 for none.
func baseOf(v *record.Vertex) int {
	if v.Op.Kind == "merge" {
		return -1
	}
	return slices.IndexFunc(v.Inputs, func(in record.Input) bool { return !in.Hashed && !in.IsLocal() })
}

// maker is the operation behind an input, nil where there is none.
func (o *operation) maker(input int) *operation {
	if input < 0 || input >= len(o.makers) {
		return nil
	}
	return o.makers[input]
}
