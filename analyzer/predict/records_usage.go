package predict

import (
	"slices"

	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/layerwise/layerwise/analyzer/solve"
)

// usage follows what lay in an engine's cache from build to build, by the names
// that the engine gives to results. A count that went down says that something
// was pruned.
type usage struct {
	salt []byte
	last map[string]int // at the end of the last build that asked; nil before
	lost bool           // something was pruned
}

func (u *usage) name(v *record.Vertex) string { return solve.CacheName(v, u.salt) }

// before takes note of what was pruned before a build, or during it.
func (u *usage) before(m *memory, rec *record.Record) {
	if rec.EngineCache == nil {
		return
	}
	runs := u.runs(rec)
	then := make(map[string]int, len(rec.EngineCache))
	for name, n := range rec.EngineCache {
		then[name] = max(0, n-runs[name])
	}
	u.compare(m, then)
}

func (u *usage) after(rec *record.Record) {
	if rec.EngineCache != nil {
		u.last = rec.EngineCache
	}
}

// runs counts what a build ran, by name.
func (u *usage) runs(rec *record.Record) map[string]int {
	runs, seen := map[string]int{}, map[string]bool{}
	for i := range rec.Steps {
		for j := range rec.Steps[i].Vertices {
			v := &rec.Steps[i].Vertices[j]
			if !v.Ran || !v.Done || v.Error != "" || seen[v.Digest] {
				continue
			}
			seen[v.Digest] = true
			if name := u.name(v); name != "" {
				runs[name]++
			}
		}
	}
	return runs
}

// compare takes back what is known of results that are no longer there.
func (u *usage) compare(m *memory, now map[string]int) {
	if u.last == nil {
		u.doubt(m, now)
		return
	}
	gone := map[string]certainty{} // by name, whether a result is left
	for name, n := range u.last {
		switch {
		case now[name] == 0:
			gone[name] = no
		case now[name] < n:
			gone[name] = possibly
		}
	}
	if len(gone) == 0 {
		return
	}
	u.lost = true
	for _, keys := range m.keys {
		for _, k := range keys {
			k.result = min(k.result, left(k.names, gone, u.last))
		}
	}
}

// doubt is for results of builds after which nobody counted: those that the engine does
// not list may be gone.
func (u *usage) doubt(m *memory, now map[string]int) {
	for _, keys := range m.keys {
		for _, k := range keys {
			listed := slices.ContainsFunc(k.names, func(name string) bool { return now[name] > 0 })
			if len(k.names) > 0 && !listed && k.result > possibly {
				u.lost, k.result = true, possibly
			}
		}
	}
}

// left says whether one of the results by these names may still be there.
func left(names []string, gone map[string]certainty, last map[string]int) certainty {
	if len(names) == 0 {
		return possibly // nobody knows what the engine calls it
	}
	found := no
	for _, name := range slices.Compact(slices.Sorted(slices.Values(names))) {
		n, isGone := gone[name]
		switch {
		case isGone:
			found = max(found, n)
		case last[name] == 0:
			found = max(found, possibly) // it is not counted, or not under this name
		default:
			found = yes
		}
	}
	return found
}
