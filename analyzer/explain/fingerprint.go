package explain

import (
	"maps"
	"slices"
	"strings"

	"github.com/layerwise/layerwise/analyzer/record"
)

// verdict says whether two things have the same cache key.
type verdict int

const (
	same verdict = iota
	unclear
	differs
)

// fingerprints compares the cache keys of steps of two records. A key is made
// from the operation and from each input: its content, where that is what
// counts and both records know it, else what made it.
type fingerprints struct {
	old, cur *side
	partner  []int
	known    map[pairing]verdict
	// budget bounds the comparisons of steps that are not partners, which could
	// else be as many as there are pairs.
	budget int
	trees  *treeDiffs
}

func newFingerprints(old, cur *side, a aligned) *fingerprints {
	f := &fingerprints{old: old, cur: cur, partner: a.partner, known: map[pairing]verdict{}, trees: newTreeDiffs(old, cur)}
	f.budget = 1024 + 4*(len(old.steps)+len(cur.steps))
	return f
}

// steps compares step i of the newer record with step j of the older one. It is
// fastest, and needs no deep recursion, when it is asked for inputs first.
func (f *fingerprints) steps(i, j int) verdict {
	if i < 0 || j < 0 {
		return unclear
	}
	p := pairing{i, j}
	if v, ok := f.known[p]; ok {
		return v
	}
	if f.partner[i] != j {
		if f.budget <= 0 {
			return unclear
		}
		f.budget--
	}
	v := f.compareSteps(i, j)
	f.known[p] = v
	return v
}

func (f *fingerprints) compareSteps(i, j int) verdict {
	s, o := &f.cur.steps[i], &f.old.steps[j]
	a, b := s.Keyed(), o.Keyed()
	switch {
	case len(a) != len(b):
		return differs
	case len(a) == 0 && normalized(s) != normalized(o):
		return differs
	case len(a) == 0:
		return f.parents(i, j)
	}
	result := same
	for k := range a {
		if result = max(result, f.vertices(i, j, a[k], b[k])); result == differs {
			return differs
		}
	}
	return result
}

// parents compares what steps without operations depend on.
func (f *fingerprints) parents(i, j int) verdict {
	a, b := f.cur.parents[i], f.old.parents[j]
	if len(a) != len(b) {
		return differs
	}
	result := same
	for k := range a {
		if result = max(result, f.steps(a[k], b[k])); result == differs {
			return differs
		}
	}
	return result
}

func (f *fingerprints) vertices(i, j int, v, w *record.Vertex) verdict {
	result := sameOperation(v, w)
	if result == differs || len(v.Inputs) != len(w.Inputs) {
		return differs
	}
	for k := range v.Inputs {
		if result = max(result, f.input(i, j, &v.Inputs[k], &w.Inputs[k])); result == differs {
			return differs
		}
	}
	return result
}

// input compares one input of step i with one of step j.
func (f *fingerprints) input(i, j int, a, b *record.Input) verdict {
	if a.Hashed != b.Hashed {
		return differs
	}
	if a.Hashed && a.Content != "" && b.Content != "" {
		if a.Content == b.Content {
			return same
		}
		return differs
	}
	if !sameSelectors(a, b) {
		return differs
	}
	switch {
	case a.Step != "" && b.Step != "":
		return f.steps(f.cur.producer(i, a), f.old.producer(j, b))
	case a.Step != "" || b.Step != "":
		return differs
	case a.IsLocal() && b.IsLocal():
		return f.local(a, b)
	}
	return f.source(i, j, a, b)
}

// local compares folders of the client. By identity no two builds share one:
// BuildKit's key of a local source has the session in it.
func (f *fingerprints) local(a, b *record.Input) verdict {
	if !a.Hashed {
		return differs
	}
	switch d := f.trees.diff(a, b, a.Selectors); {
	case !d.known:
		return unclear
	case len(d.changes) > 0:
		return differs
	}
	return same
}

// source compares images, remote files and inline documents. Other vertices of
// the same step are compared beside the one that they enter.
func (f *fingerprints) source(i, j int, a, b *record.Input) verdict {
	v, w := f.cur.steps[i].Source(a.Source), f.old.steps[j].Source(b.Source)
	if a.FromArchive() && b.FromArchive() {
		v, w = f.cur.steps[i].Download(a), f.old.steps[j].Download(b)
	}
	switch {
	case v != nil && w != nil:
		return sameOperation(v, w)
	case a.Source != b.Source:
		return differs
	case a.Source == record.SourceInline:
		return unclear
	}
	return same
}

// sameOperation compares two operations without their inputs. The engine's own
// keys are believed where both records have them.
func sameOperation(v, w *record.Vertex) verdict {
	switch {
	case v.Op.Kind != w.Op.Kind:
		return differs
	case v.Key != "" && w.Key != "":
		if v.Key == w.Key {
			return same
		}
		return differs
	case v.Op.Kind == "source":
		return sameSource(v, w)
	case maps.Equal(v.Op.Fields, w.Op.Fields) && maps.Equal(v.Op.Env, w.Op.Env) && orderDifference(w.Op.EnvOrder, v.Op.EnvOrder) == nil:
		return same
	}
	return differs
}

// sameSource compares sources whose keys are not known. An image is its digest
// and its platform, whatever its name; where neither record has the digest, the
// name stands for it. Other sources change under one name.
func sameSource(v, w *record.Vertex) verdict {
	a, b := imageOf(v), imageOf(w)
	switch {
	case v.IsImage() && w.IsImage():
		if v.Op.Fields["platform"] != w.Op.Fields["platform"] {
			return differs
		}
		if a.digest != "" && b.digest != "" {
			if a.digest == b.digest {
				return same
			}
			return differs
		}
		switch {
		case a.name != b.name:
			return differs
		case a.digest != b.digest: // one of them is not known
			return unclear
		}
		return same
	case len(sourceChanges(v, w)) > 0:
		return differs
	case v.Pin != "" && w.Pin != "" && v.Pin != w.Pin:
		return differs
	case v.Pin == "" || w.Pin == "":
		return unclear
	}
	return same
}

// sourceChanges are the properties by which two sources differ, without those that
// say only what has to be found there: they enter no key.
func sourceChanges(v, w *record.Vertex) map[string]change {
	changes := diffMaps(w.Op.Fields, v.Op.Fields)
	maps.DeleteFunc(changes, func(name string, _ change) bool {
		return name == "http.checksum" || name == "git.checksum" || strings.HasPrefix(name, "http.sig.") || strings.HasPrefix(name, "git.sig.")
	})
	return changes
}

// image is what a source of an image names.
type image struct {
	name   string // without the digest
	digest string // what it resolved to, "" where it is not known
}

func imageOf(v *record.Vertex) image {
	_, name, _ := strings.Cut(v.Op.Fields["identifier"], "://")
	name, digest, _ := strings.Cut(name, "@")
	if v.Pin != "" {
		digest = v.Pin
	}
	return image{name, digest}
}

// sameSelectors says whether two inputs pick by the same rules. They are sorted
// as BuildKit joins their checksums.
func sameSelectors(a, b *record.Input) bool {
	return slices.EqualFunc(a.Selectors, b.Selectors, func(s, t record.Selector) bool {
		return s.Path == t.Path && s.Wildcard == t.Wildcard && s.Follow == t.Follow &&
			slices.Equal(s.Include, t.Include) && slices.Equal(s.Exclude, t.Exclude) && slices.Equal(s.Required, t.Required)
	})
}
