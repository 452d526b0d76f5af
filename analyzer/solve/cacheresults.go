package solve

import (
	"time"

	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/opencontainers/go-digest"
)

// findResults notes which results in the engine's cache are those of the build's
// operations.
//
// What ran made its result while it ran. Of what did not run BuildKit says that it
// was reused as soon as a key leads through it to something that was: neither is
// its own result loaded then, nor need there be one (the garbage collector may have
// taken it). So it counts as held only where the engine lists a result of it that
// is older than what was made from it: one of an operation by the same name that
// came later is of other files. Bounds go from the target down: the target was
// loaded just now, and so is the result by its name that was used last.
func (r *run) findResults(rec *record.Record, entries []CacheEntry) {
	byName := map[string][]CacheEntry{}
	for _, e := range entries {
		byName[e.Name] = append(byName[e.Name], e)
	}
	vertices, consumers := recorded(rec, r)
	limits := map[string]time.Time{} // until when a result was made, by digest
	for i := len(vertices) - 1; i >= 0; i-- {
		v := vertices[i]
		limit, target := time.Time{}, len(consumers[v.Digest]) == 0
		for _, c := range consumers[v.Digest] {
			limit = later(limit, limits[c])
		}
		named := byName[CacheName(v, r.Salt)]
		limits[v.Digest] = limit
		switch {
		case v.Ran:
			if s := r.statuses.get(digest.Digest(v.Digest)); v.Done && v.Error == "" && s != nil && s.Started != nil && s.Completed != nil {
				v.Made = &record.Span{From: *s.Started, To: *s.Completed}
				limits[v.Digest] = *s.Completed
			}
		case len(named) == 0 && target:
			limits[v.Digest] = newest(entries) // which it is, the list does not tell
		case len(named) == 0:
		case v.Op.Kind == "source": // the name has the digest, so that it is this very one
			v.Held = true
		default:
			if target {
				limit = lastUsed(named).Created
			}
			found := until(named, limit)
			if len(found) == 0 {
				break
			}
			limits[v.Digest] = newest(found)
			v.Held = true
			if len(found) == 1 {
				v.Made = &record.Span{From: found[0].Created, To: found[0].Created}
			}
		}
	}
	keepHeld(rec, vertices)
}

// keepHeld takes back what is held in a build that does not prove it: one that
// failed, or that may have had its hits from an imported cache.
func keepHeld(rec *record.Record, vertices []*record.Vertex) {
	if rec.Result == record.Succeeded && !rec.CacheImports {
		return
	}
	for _, v := range vertices {
		if v.Held {
			v.Held, v.Made = false, nil
		}
	}
}

// recorded has the operations of a record, inputs before consumers, and the digests
// of the consumers of each.
func recorded(rec *record.Record, r *run) (vertices []*record.Vertex, consumers map[string][]string) {
	consumers = map[string][]string{}
	i := 0
	for _, b := range r.plan.Builds {
		for _, v := range b.Vertices {
			for _, in := range v.Inputs {
				consumers[string(in.Digest)] = append(consumers[string(in.Digest)], string(v.Digest))
			}
		}
		byDigest := map[string][]*record.Vertex{}
		for range b.Steps {
			for j := range rec.Steps[i].Vertices {
				v := &rec.Steps[i].Vertices[j]
				byDigest[v.Digest] = append(byDigest[v.Digest], v)
			}
			i++
		}
		for _, v := range b.Vertices {
			vertices = append(vertices, byDigest[string(v.Digest)]...)
		}
	}
	return vertices, consumers
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// lastUsed is the entry that was loaded or made last.
func lastUsed(entries []CacheEntry) CacheEntry {
	found := entries[0]
	for _, e := range entries[1:] {
		if later(e.Used, e.Created).After(later(found.Used, found.Created)) {
			found = e
		}
	}
	return found
}

// until are the entries that were made until a moment.
func until(entries []CacheEntry, limit time.Time) []CacheEntry {
	var found []CacheEntry
	for _, e := range entries {
		if !e.Created.After(limit) {
			found = append(found, e)
		}
	}
	return found
}

func newest(entries []CacheEntry) time.Time {
	var found time.Time
	for _, e := range entries {
		found = later(found, e.Created)
	}
	return found
}
