package explain

import (
	"maps"
	"slices"
	"strings"

	"github.com/layerwise/layerwise/analyzer/record"
)

// contextsChanged are named build contexts that are given as something else, or
// that stand in for a stage or an image now or no longer do. Where both builds
// were given a folder, its files tell more.
func (p *pair) contextsChanged() []Cause {
	var out []Cause
	for k := range p.inputs {
		in := &p.inputs[k]
		if !in.switched {
			continue
		}
		name := p.switchedContext(in.cur, in.old)
		old, wasSet := p.old.rec.Contexts[name]
		cur, set := p.cur.rec.Contexts[name]
		out = append(out, Cause{Message: "build context " + plain(name) + " " + became(old, cur, wasSet, set), Old: old, New: cur})
	}
	return out
}

// contextOfBase is contextsChanged for a FROM that a named context answers, or
// answered before.
func (p *pair) contextOfBase() []Cause {
	for _, name := range slices.Sorted(maps.Keys(diffMaps(p.old.rec.Contexts, p.cur.rec.Contexts))) {
		if p.cur.answers(name, p.step) || p.old.answers(name, p.oldStep) {
			old, wasSet := p.old.rec.Contexts[name]
			cur, set := p.cur.rec.Contexts[name]
			return []Cause{{Message: "build context " + plain(name) + " " + became(old, cur, wasSet, set), Old: old, New: cur}}
		}
	}
	return nil
}

// answers says that a named context is what a FROM stands for.
func (s *side) answers(name string, from *record.Step) bool {
	return slices.ContainsFunc(from.Vertices, func(v record.Vertex) bool { return isOfContext(&v, name) })
}

// isSwitched says that an input is another one because a named context is, and
// that nothing tells more of it.
func (p *pair) isSwitched(in *inputPair) bool {
	if in.old == nil || in.verdict == same || in.cur.IsLocal() && in.old.IsLocal() || p.switchedContext(in.cur, in.old) == "" {
		return false
	}
	v, w := p.cur.sourceOf(p.step, in.cur), p.old.sourceOf(p.oldStep, in.old)
	return v == nil || w == nil || !v.IsImage() || !w.IsImage() || imageOf(v).name != imageOf(w).name
}

// switchedContext returns the named context that an input comes from in either
// build, and that is not given as it was; "" where there is none.
func (p *pair) switchedContext(cur, old *record.Input) string {
	for _, name := range slices.Sorted(maps.Keys(diffMaps(p.old.rec.Contexts, p.cur.rec.Contexts))) {
		if p.cur.isContext(p.step, cur, name) || p.old.isContext(p.oldStep, old, name) {
			return name
		}
	}
	return ""
}

// isContext says that an input of a step comes from a named context.
func (s *side) isContext(step *record.Step, in *record.Input, name string) bool {
	at, given := s.rec.Contexts[name]
	if !given {
		return false
	}
	if in.IsLocal() {
		return in.Source == name
	}
	v := s.sourceOf(step, in)
	if v == nil {
		return false
	}
	return address(v) == at || isOfContext(v, name)
}

// isOfContext goes by the name that BuildKit's frontend gives to a source; it gives
// none to repositories.
func isOfContext(v *record.Vertex, name string) bool {
	return strings.HasPrefix(v.Name, "[context "+name+"]") || strings.HasPrefix(v.Name, "[context "+name+"::")
}

// sourceOf returns the source that an input comes from, be it the step's own or
// what a FROM stands for; nil for the result of an operation.
func (s *side) sourceOf(step *record.Step, in *record.Input) *record.Vertex {
	if in.Step == "" {
		return step.Source(in.Source)
	}
	at, ok := s.index[in.Step]
	if !ok || !s.steps[at].IsBase() || !in.Hashed {
		return nil
	}
	for i := range s.steps[at].Vertices {
		if v := &s.steps[at].Vertices[i]; v.Op.Kind == "source" {
			return v
		}
	}
	return nil
}
