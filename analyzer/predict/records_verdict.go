package predict

import (
	"cmp"
	"slices"

	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/layerwise/layerwise/analyzer/solve"
)

// verdicts decides for every operation of a planned build what it would come to.
//
// It goes twice through them: from the inputs up, by which keys each result would
// be found, and from the target down, whether the result itself is needed. An
// operation whose key is known needs no result while all of its consumers come
// from the cache.
type verdicts struct {
	*walk
	now      *stock     // what lies in the engine's cache; nil where nobody knows
	imports  bool       // a cache is imported, which nobody has looked into
	oldRules bool       // the engine is of a version whose rules are not these
	sent     *transfers // nil where it does not matter

	// told has, by digest of the operation, the keys that its consumers learn: those
	// that its result is kept under, but of one that is made to run no key, so that
	// they look at its content, and run where that does not count (processExecReq in
	// solver/edge.go).
	told       map[string]made
	operations []*operation // inputs before consumers
	order      fileOrder
	byDigest   map[string]*operation
	compared   map[[2]*operation]certainty               // see twins
	stocked    map[*operation]map[*solve.CacheEntry]bool // see resultsOf
}

// operation is one operation of the planned build.
type operation struct {
	step      *record.Step
	vertex    *record.Vertex
	inputs    []taken
	makers    []*operation // by input, nil where there is none
	consumers []*operation
	kind      finding
	found     []*key       // under which it is certainly known
	perhaps   []*key       // under which it may be known as well
	twins     []*operation // others that may have the same key
	outcome   record.Outcome
	hangsOn   []string
	why       string
}

// finding is what looking for an operation's key came to.
type finding int

const (
	unknown finding = iota // no build had it
	unsure                 // it hangs on something
	known                  // it has a key
	forced                 // the build asks to run it
	local                  // a folder of the client
	broken                 // a file that it takes is not there
)

// decide fills the outcomes of all steps of a plan.
func (d *verdicts) decide() {
	d.byDigest, d.compared, d.told = map[string]*operation{}, map[[2]*operation]certainty{}, map[string]made{}
	d.order = newFileOrder(d.rec)
	d.stocked = map[*operation]map[*solve.CacheEntry]bool{}
	for i := range d.rec.Steps {
		s := &d.rec.Steps[i]
		for j := range s.Vertices {
			if v := &s.Vertices[j]; d.byDigest[v.Digest] == nil {
				d.look(s, v)
			}
		}
	}
	d.pairTwins()
	for _, o := range slices.Backward(d.operations) {
		if o.outcome = d.outcome(o); o.outcome == record.Run && len(o.twins) > 0 {
			o.outcome = record.Undecided
		}
	}
	d.fail()
	for _, o := range d.operations {
		if o.outcome == record.Undecided && o.why != buildFails {
			d.hang(o)
		}
	}
	for i := range d.rec.Steps {
		d.fill(&d.rec.Steps[i])
	}
}

// look finds the keys of an operation whose inputs have been looked at.
func (d *verdicts) look(s *record.Step, v *record.Vertex) {
	o := &operation{step: s, vertex: v}
	d.operations = append(d.operations, o)
	d.byDigest[v.Digest] = o
	if isLocalSource(v) {
		o.kind = local
		d.told[v.Digest], d.made[v.Digest] = made{}, made{}
		return
	}
	o.inputs = d.inputs(s, v, d.told)
	for k := range v.Inputs {
		var from *operation
		if maker := d.maker(s, v, &v.Inputs[k]); maker != nil {
			if from = d.byDigest[maker.Digest]; from != nil {
				from.consumers = append(from.consumers, o)
				d.fillContent(&o.inputs[k], from)
			}
		}
		o.makers = append(o.makers, from)
	}
	d.told[v.Digest], d.made[v.Digest] = d.find(o)
}

// find says under which keys an operation is looked for, and what that comes to.
func (d *verdicts) find(o *operation) (told, kept made) {
	v := o.vertex
	id, unpinned := d.memory.operation(v)
	stale := ""
	sure, possible := d.memory.match(id, o.inputs)
	kept.sure, kept.possible = d.memory.match(id, d.inputs(o.step, v, d.made))
	if len(sure) == 0 {
		stale = d.sent.unnoticed(v)
	}
	switch {
	case d.isBroken(o):
		o.kind = broken
		return made{}, made{}
	case v.NoCache:
		o.kind = forced
		return made{}, kept
	case len(sure) > 0 && !unpinned:
		o.kind, o.found, o.perhaps = known, sure, possible
		kept = made{sure: sure, possible: possible}
	case len(sure)+len(possible) > 0 || unpinned:
		o.kind = unsure
		kept = made{possible: slices.Concat(sure, possible, kept.sure, kept.possible), anything: unpinned}
	case stale != "":
		o.kind, kept.anything = unsure, true
		o.why = "the engine may take " + stale + " for unchanged: it has the size and the time of an earlier one"
	case d.oldRules && v.IsImage():
		// It may have the layers of an image that is known, which was a key once.
		o.kind, kept.anything = unsure, true
	case d.imports:
		o.kind, o.why, kept.anything = unsure, "an imported cache may have it", true
	case len(v.Inputs) > 0 && d.foreign(o):
		o.kind, o.why = unsure, "the engine has a result of it from a build that is not recorded"
	case d.oldRules: // its consumers may not learn a key that it has again
		kept = made{possible: slices.Concat(kept.sure, kept.possible)}
	}
	return kept, kept
}

// outcome decides an operation whose consumers are decided.
func (d *verdicts) outcome(o *operation) record.Outcome {
	needed, perhaps := len(o.consumers) == 0, false
	for _, c := range o.consumers {
		needed = needed || c.outcome == record.Run
		// What fails for want of a file may still ask for what it lies on before that.
		perhaps = perhaps || c.outcome == record.Undecided || c.outcome == record.StepFailed
	}
	switch o.kind {
	case forced:
		return record.Run
	case broken:
		return record.StepFailed
	case unsure:
		if isSource(o.vertex) && !needed && !perhaps {
			return record.Hit
		}
		return record.Undecided
	case unknown, known:
	default: // the client's folders are no steps
		return record.Hit
	}
	if o.kind == unknown && !isSource(o.vertex) {
		return record.Run // whatever takes from it needs it, to know its content if not for more
	}
	result := d.result(o)
	switch {
	case result == yes || !needed && !perhaps:
		return record.Hit
	case needed && result == no:
		return record.Run
	}
	return record.Undecided
}

// result says whether the engine has the result of an operation whose key it has.
func (d *verdicts) result(o *operation) certainty {
	found := no
	for _, k := range o.found {
		found = max(found, k.result)
	}
	for _, k := range o.perhaps {
		found = max(found, min(possibly, k.result))
	}
	if found == no && isSource(o.vertex) {
		// Another build may have fetched it.
		if d.now == nil || d.imports || d.now.count[d.memory.name(o.vertex)] > 0 {
			return possibly
		}
	}
	if found == no && d.imports {
		return possibly
	}
	return found
}

func isSource(v *record.Vertex) bool { return v.Op.Kind == "source" }

// fill writes what a step comes to.
func (d *verdicts) fill(s *record.Step) {
	all := s.Deciding()
	if len(all) == 0 {
		return
	}
	worst := d.byDigest[all[0].Digest]
	for _, v := range all[1:] {
		if o := d.byDigest[v.Digest]; slices.Index(severity, o.outcome) > slices.Index(severity, worst.outcome) {
			worst = o
		}
	}
	switch s.Outcome = worst.outcome; s.Outcome {
	case record.StepFailed:
		fails(d.rec, s, d.missing(worst))
	case record.Undecided:
		if s.HangsOn = d.order.before(s, worst.hangsOn); len(s.HangsOn) == 0 {
			s.Why = cmp.Or(worst.why, twinRuns)
		}
	}
}

// severity orders what the operations of one step come to: the last one counts.
var severity = []record.Outcome{record.Hit, record.Undecided, record.Run, record.NotRun, record.StepFailed}
