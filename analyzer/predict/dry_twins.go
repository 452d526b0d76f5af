package predict

import (
	"github.com/layerwise/layerwise/analyzer/plan"
	"github.com/layerwise/layerwise/analyzer/record"
)

// doubtTwins takes back what is said of vertices that may turn out to have the
// same key as another one of the same build. The engine then runs one of them,
// which it comes to first, and the others get its result.
func (d *dryVerdicts) doubtTwins() {
	byKey := map[string][]*plan.Vertex{}
	for _, v := range d.vertices {
		if key := string(d.facts.Most[v.Digest].Key); key != "" && v.LocalName() == "" {
			byKey[key] = append(byKey[key], v)
		}
	}
	t := &twins{d: d, known: map[[2]*plan.Vertex]certainty{}}
	for _, v := range d.vertices {
		for _, w := range byKey[string(d.facts.Most[v.Digest].Key)] {
			if v != w {
				t.doubt(v, w)
			}
		}
	}
	t.share()
}

// twins compares the keys of vertices of one build.
type twins struct {
	d     *dryVerdicts
	known map[[2]*plan.Vertex]certainty
	pairs [][2]*plan.Vertex // that may be the same
}

// doubt compares two vertices, and makes their verdicts undecided where one of
// them may stand in for the other.
func (t *twins) doubt(v, w *plan.Vertex) {
	if !t.d.most(v) && !t.d.most(w) {
		return
	}
	// One that hits need not have its result from the cache: it may be the other's,
	// where the two had the same key in the dry run and will not have it in a build.
	if t.same(v, w) == no {
		return
	}
	t.pairs = append(t.pairs, [2]*plan.Vertex{v, w})
	t.hang(v, w)
	t.hang(w, v)
}

// hang makes the verdict on a vertex hang on its twin, unless it is forced to run and
// the twin is not: the engine never lets that one stand in for it (mergeTo in
// solver/scheduler.go).
func (t *twins) hang(v, twin *plan.Vertex) {
	if t.d.verdict[v.Digest] == record.StepFailed || v.NoCache && !twin.NoCache {
		return
	}
	t.d.verdict[v.Digest], t.d.why[v.Digest] = record.Undecided, twinRuns
	t.d.hangOnInputs(v)
	t.d.hangOn(v, twin)
}

// share lets twins hang on the same: which of them the engine looked at first is
// left to chance.
func (t *twins) share() {
	for changed := true; changed; {
		changed = false
		for _, pair := range t.pairs {
			v, w := pair[0], pair[1]
			if t.d.verdict[v.Digest] != record.Undecided || t.d.verdict[w.Digest] != record.Undecided {
				continue
			}
			before := len(t.d.hangs[v.Digest]) + len(t.d.hangs[w.Digest])
			t.d.join(t.d.hangs[v.Digest], w)
			t.d.join(t.d.hangs[w.Digest], v)
			changed = changed || len(t.d.hangs[v.Digest])+len(t.d.hangs[w.Digest]) > before
		}
	}
}

// same says whether two vertices have the same key.
func (t *twins) same(v, w *plan.Vertex) certainty {
	if v == w || v.Digest == w.Digest {
		return yes
	}
	pair := [2]*plan.Vertex{v, w}
	if c, ok := t.known[pair]; ok {
		return c
	}
	c := t.compare(v, w)
	t.known[pair] = c
	return c
}

func (t *twins) compare(v, w *plan.Vertex) certainty {
	a, b := t.d.facts.Most[v.Digest], t.d.facts.Most[w.Digest]
	switch {
	case a.Key == "" || b.Key == "": // never asked for: both were found without
		return possibly
	case a.Key != b.Key || len(v.Inputs) != len(w.Inputs):
		return no
	}
	result := yes
	for i := range v.Inputs {
		if len(a.Inputs) <= i || len(b.Inputs) <= i {
			return possibly
		}
		_, hashed := plan.Selectors(v.Op, i)
		switch contentA, contentB := a.Inputs[i].Content, b.Inputs[i].Content; {
		case hashed && contentA != "" && contentB != "":
			if contentA != contentB {
				return no
			}
		case hashed && (v.Inputs[i].Digest != w.Inputs[i].Digest || a.Inputs[i].Selector != b.Inputs[i].Selector):
			result = possibly
		case hashed:
		default:
			if result = min(result, t.same(v.Inputs[i], w.Inputs[i])); result == no {
				return no
			}
		}
	}
	return result
}
