package predict

import (
	"errors"
	"slices"

	"github.com/layerwise/layerwise/analyzer/plan"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/layerwise/layerwise/analyzer/solve"
)

// follow says what becomes of the rest of a build that fails: what is built from the
// failure is not reached, and of the rest that alone is certain which BuildKit has come
// to by then.
func (d *dryVerdicts) follow() {
	var failing []*plan.Vertex
	for _, v := range d.vertices {
		switch {
		case d.verdict[v.Digest] == record.StepFailed:
			failing = append(failing, v)
		case slices.ContainsFunc(v.Inputs, func(in *plan.Vertex) bool {
			o := d.verdict[in.Digest]
			return o == record.StepFailed || o == record.NotRun
		}):
			d.verdict[v.Digest] = record.NotRun
		}
	}
	if len(failing) == 0 {
		return
	}
	asked := inHand(failing, d.needs, inputsOf)
	for _, v := range d.vertices {
		switch d.verdict[v.Digest] {
		case record.StepFailed, record.NotRun:
			continue
		case record.Hit:
			if asked[v] {
				continue
			}
		}
		d.verdict[v.Digest], d.why[v.Digest] = record.Undecided, buildFails
		delete(d.hangs, v.Digest)
	}
}

func inputsOf(v *plan.Vertex) []*plan.Vertex { return v.Inputs }

// needs has what BuildKit has in its hands before it finds that a file is missing.
func (d *dryVerdicts) needs(v *plan.Vertex) []*plan.Vertex {
	missing := missingPath(d.message(v))
	at := -1
	for i := range v.Inputs {
		if selectors, hashed := plan.Selectors(v.Op, i); hashed && selects(selectors, missing) {
			at = i
		}
	}
	if at < 0 {
		return nil
	}
	if v.Inputs[at].LocalName() == "" {
		return v.Inputs[at : at+1]
	}
	var found []*plan.Vertex
	for _, in := range v.Inputs {
		sent := false
		for from := range lineage(in, inputsOf) {
			sent = sent || from.LocalName() != ""
		}
		if d.verdict[in.Digest] == record.Hit && !sent {
			found = append(found, in)
		}
	}
	return found
}

// message is why a vertex has no key.
func (d *dryVerdicts) message(v *plan.Vertex) string {
	return solve.Message(errors.New(d.facts.Most[v.Digest].Error))
}

// failure says it of a step's vertex.
func (d *dryVerdicts) failure(rec *record.Record, s *record.Step, v *plan.Vertex) string {
	i := slices.IndexFunc(s.Vertices, func(rv record.Vertex) bool { return rv.Digest == string(v.Digest) })
	if i < 0 {
		return d.message(v)
	}
	return absence(rec, s, &s.Vertices[i], d.message(v))
}
