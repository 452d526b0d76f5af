package predict

import (
	"cmp"
	"maps"
	"slices"

	"github.com/layerwise/layerwise/analyzer/engine"
	"github.com/layerwise/layerwise/analyzer/plan"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/opencontainers/go-digest"
)

// dryVerdicts turns the facts of a dry run into verdicts on vertices, and those
// into verdicts on steps. Platforms share vertices, and their verdicts.
type dryVerdicts struct {
	plan      *plan.Plan
	facts     *engine.DryFacts
	vertices  []*plan.Vertex // each once, inputs before consumers
	consumers map[digest.Digest][]*plan.Vertex
	verdict   map[digest.Digest]record.Outcome // Hit, Run, Undecided, StepFailed or NotRun
	// hangs has the vertices that an undecided one hangs on.
	hangs map[digest.Digest]map[*plan.Vertex]bool
	// why says it where nothing that comes before an undecided one does.
	why map[digest.Digest]string
}

func newDryVerdicts(p *plan.Plan, facts *engine.DryFacts) *dryVerdicts {
	d := &dryVerdicts{
		plan: p, facts: facts, consumers: map[digest.Digest][]*plan.Vertex{},
		verdict: map[digest.Digest]record.Outcome{}, hangs: map[digest.Digest]map[*plan.Vertex]bool{},
		why: map[digest.Digest]string{},
	}
	seen := map[digest.Digest]bool{}
	for _, b := range p.Builds {
		for _, v := range b.Vertices {
			if seen[v.Digest] {
				continue
			}
			seen[v.Digest] = true
			d.vertices = append(d.vertices, v)
			for _, in := range v.Inputs {
				d.consumers[in.Digest] = append(d.consumers[in.Digest], v)
			}
		}
	}
	return d
}

// most says whether a vertex runs if all files that nobody has made are new.
func (d *dryVerdicts) most(v *plan.Vertex) bool { return d.facts.Most[v.Digest].WouldRun }

// least says whether it runs whatever these files are.
func (d *dryVerdicts) least(v *plan.Vertex) bool {
	if d.facts.Least != nil {
		return d.facts.Least[v.Digest].WouldRun
	}
	return d.most(v) && d.keyKnown(v) && d.asked(v)
}

// asked says, without the engine's help, whether the engine asks for a vertex
// whatever the files are: it is the result, or what takes it runs for certain, or
// cannot be looked up without its files.
func (d *dryVerdicts) asked(v *plan.Vertex) bool {
	consumers := d.consumers[v.Digest]
	return len(consumers) == 0 || slices.ContainsFunc(consumers, func(c *plan.Vertex) bool {
		return d.verdict[c.Digest] == record.Run || d.most(c) && slices.Contains(d.unknownInputs(c), v)
	})
}

// keyKnown says that the key of a vertex that runs hangs on nothing.
func (d *dryVerdicts) keyKnown(v *plan.Vertex) bool {
	return len(d.unknownInputs(v)) == 0 && !slices.ContainsFunc(v.Inputs, func(in *plan.Vertex) bool {
		return d.most(in) && !d.keyKnown(in)
	})
}

// unknownInputs are those of which a vertex takes files that nobody has made.
func (d *dryVerdicts) unknownInputs(v *plan.Vertex) []*plan.Vertex {
	var unknown []*plan.Vertex
	inputs := d.facts.Most[v.Digest].Inputs
	for i, in := range v.Inputs {
		if _, hashed := plan.Selectors(v.Op, i); !hashed || !d.most(in) {
			continue
		}
		if i >= len(inputs) || inputs[i].Content == "" {
			unknown = append(unknown, in)
		}
	}
	return unknown
}

// decide gives every vertex its verdict.
func (d *dryVerdicts) decide() {
	for _, v := range slices.Backward(d.vertices) { // consumers first, for needed
		switch {
		case d.facts.Most[v.Digest].Error != "" && (d.facts.Least == nil || d.facts.Least[v.Digest].Error != ""):
			d.verdict[v.Digest] = record.StepFailed
		case d.least(v):
			d.verdict[v.Digest] = record.Run
		case !d.most(v):
			d.verdict[v.Digest] = record.Hit
		default:
			d.verdict[v.Digest] = record.Undecided
		}
	}
	d.findHangs()
	d.doubtTwins()
	d.follow()
}

// findHangs fills hangs for undecided vertices.
func (d *dryVerdicts) findHangs() {
	for _, v := range d.vertices {
		if d.verdict[v.Digest] != record.Undecided {
			continue
		}
		d.hangs[v.Digest] = map[*plan.Vertex]bool{}
		d.hangOnInputs(v)
	}
	for _, v := range slices.Backward(d.vertices) {
		on := d.hangs[v.Digest]
		if on == nil || len(on) > 0 {
			continue
		}
		for _, c := range d.consumers[v.Digest] { // it runs only if one of these does
			d.join(on, c)
		}
	}
}

func (d *dryVerdicts) hangOnInputs(v *plan.Vertex) {
	for _, in := range d.unknownInputs(v) {
		if d.verdict[in.Digest] != record.Undecided {
			d.hangOn(v, in)
		}
	}
	for _, in := range v.Inputs {
		if on := d.hangs[in.Digest]; len(on) > 0 {
			d.hangOn(v, slices.Collect(maps.Keys(on))...)
		}
	}
}

func (d *dryVerdicts) join(on map[*plan.Vertex]bool, with *plan.Vertex) {
	for v := range d.hangs[with.Digest] {
		on[v] = true
	}
}

func (d *dryVerdicts) hangOn(v *plan.Vertex, on ...*plan.Vertex) {
	if d.hangs[v.Digest] == nil {
		d.hangs[v.Digest] = map[*plan.Vertex]bool{}
	}
	for _, w := range on {
		d.hangs[v.Digest][w] = true
	}
}

// write fills the outcomes of a record made from the plan.
func (d *dryVerdicts) write(rec *record.Record) {
	i, before := 0, newFileOrder(rec)
	for _, b := range d.plan.Builds {
		for _, s := range b.Steps {
			d.writeStep(&rec.Steps[i], s, rec, before)
			i++
		}
	}
}

// precedence has the verdicts from the one that a step of several vertices has if any
// of them does.
var precedence = []record.Outcome{record.StepFailed, record.NotRun, record.Run, record.Undecided, record.Hit}

func (d *dryVerdicts) writeStep(out *record.Step, s *plan.Step, rec *record.Record, order fileOrder) {
	primary := s.Primary()
	for _, v := range s.Vertices {
		if s.Reads(v) && d.verdict[v.Digest] == record.StepFailed {
			primary = append(primary, v)
		}
	}
	for _, outcome := range precedence {
		found := false
		for _, v := range primary {
			if d.verdict[v.Digest] != outcome {
				continue
			}
			found = true
			switch outcome {
			case record.StepFailed:
				fails(rec, out, d.failure(rec, out, v))
			case record.Undecided:
				out.HangsOn = order.before(out, d.names(s, d.hangs[v.Digest], rec))
				if out.Why = ""; len(out.HangsOn) == 0 {
					out.Why = cmp.Or(d.why[v.Digest], onlyIfNeeded)
				}
			}
		}
		if found {
			out.Outcome = outcome
			return
		}
	}
}

// names are the ids of the steps of vertices, in the record's order.
func (d *dryVerdicts) names(of *plan.Step, on map[*plan.Vertex]bool, rec *record.Record) []string {
	ids := map[string]bool{}
	for v := range on {
		for _, s := range v.Steps {
			if s != of {
				ids[s.ID] = true
			}
		}
	}
	var names []string
	for i := range rec.Steps {
		if ids[rec.Steps[i].ID] {
			names = append(names, rec.Steps[i].ID)
		}
	}
	return names
}
