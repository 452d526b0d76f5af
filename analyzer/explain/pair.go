package explain

import (
	"maps"
	"slices"

	"github.com/layerwise/layerwise/analyzer/record"
)

// pair is a step that ran, and its partner in the build before, with what
// differs between them.
type pair struct {
	*comparing
	i, j int // j is -1 where the step is new
	step *record.Step
	// oldStep is nil where the step is new.
	oldStep *record.Step

	textDiffers bool
	operation   operationDiff
	inputs      []inputPair
	// gone are the older record's steps that made inputs which have no counterpart.
	gone []int
	// goneSources are those of the older step's inputs without a counterpart that no
	// step made.
	goneSources []string
	// mentioned are the variables in the instruction's text that differ,
	// variables those that differ and enter its key; each once.
	mentioned, variables []variable
}

// operationDiff is how the definitions of two operations differ.
type operationDiff struct {
	verdict verdict
	// fields has the properties that differ by name, the old and the new value.
	fields map[string]change
	env    map[string]change
	order  *orderChange // of the variables that both have; nil for the same
	// reshaped says that the step became another number of operations.
	reshaped bool
}

type change struct{ old, new string }

// inputPair is an input of a step and the same one of its partner.
type inputPair struct {
	cur      *record.Input
	old      *record.Input // nil where the partner has none
	producer int           // the step that made cur, -1 for none
	before   int           // the older record's step that made old, -1 for none
	verdict  verdict
	// redefined says that the instruction now takes other files, or takes them
	// from elsewhere.
	redefined bool
	// switched says that a named build context behind it is given as something else.
	switched bool
}

// byContent says that the contents on both sides are known, so that it does not
// matter what made them.
func (in *inputPair) byContent() bool {
	return in.old != nil && in.cur.Hashed && in.old.Hashed && in.cur.Content != "" && in.old.Content != ""
}

func newPair(c *comparing, i int) *pair {
	p := &pair{comparing: c, i: i, j: c.partner[i], step: &c.cur.steps[i]}
	if p.j >= 0 {
		p.oldStep = &c.old.steps[p.j]
		p.textDiffers = normalized(p.step) != normalized(p.oldStep)
		p.operation = diffOperations(p.step, p.oldStep)
	}
	p.pairInputs()
	if p.j >= 0 {
		p.mentioned = p.mentionedVariables()
		for k := range p.inputs {
			p.inputs[k].redefined = p.isRedefined(&p.inputs[k])
			p.inputs[k].switched = p.isSwitched(&p.inputs[k])
		}
		p.variables = p.enteringVariables()
	}
	return p
}

func diffOperations(step, old *record.Step) operationDiff {
	d := operationDiff{fields: map[string]change{}, env: map[string]change{}}
	vs, ws := step.Deciding(), old.Deciding()
	d.reshaped = len(vs) != len(ws) || len(step.Keyed()) != len(old.Keyed()) && normalized(step) != normalized(old)
	for k := range min(len(vs), len(ws)) {
		v, w := vs[k], ws[k]
		result := sameOperation(v, w)
		d.verdict = max(d.verdict, result)
		if result != differs {
			continue
		}
		maps.Copy(d.fields, diffMaps(w.Op.Fields, v.Op.Fields))
		maps.Copy(d.env, diffMaps(w.Op.Env, v.Op.Env))
		if d.order == nil {
			d.order = orderDifference(w.Op.EnvOrder, v.Op.EnvOrder)
		}
	}
	if d.reshaped {
		d.verdict = differs
	}
	return d
}

func diffMaps(old, cur map[string]string) map[string]change {
	out := map[string]change{}
	for k, v := range cur {
		if o, ok := old[k]; !ok || o != v {
			out[k] = change{o, v}
		}
	}
	for k, o := range old {
		if _, ok := cur[k]; !ok {
			out[k] = change{o, ""}
		}
	}
	return out
}

// pairInputs pairs the inputs of the operations that decide. A step of which a
// record has no operations takes those that it depends on.
func (p *pair) pairInputs() {
	vs := inputsOf(p.cur, p.i)
	var ws [][]record.Input
	if p.j >= 0 {
		ws = inputsOf(p.old, p.j)
	}
	for k, inputs := range vs {
		var olds []record.Input
		if k < len(ws) {
			olds = ws[k]
		}
		taken := make([]bool, len(olds))
		for n := range inputs {
			in := inputPair{cur: &inputs[n], producer: p.cur.producer(p.i, &inputs[n]), before: -1, verdict: differs}
			if m := p.counterpart(inputs, olds, n, taken); m >= 0 {
				taken[m] = true
				in.old, in.before = &olds[m], p.old.producer(p.j, &olds[m])
				in.verdict = p.prints.input(p.i, p.j, in.cur, in.old)
			}
			p.inputs = append(p.inputs, in)
		}
		for m := range olds {
			switch before := p.old.producer(p.j, &olds[m]); {
			case taken[m]:
			case before >= 0:
				p.gone = append(p.gone, before)
			default:
				p.goneSources = append(p.goneSources, olds[m].Source)
			}
		}
	}
}

// inputsOf returns the inputs of the deciding operations of a step.
func inputsOf(s *side, i int) [][]record.Input {
	step := &s.steps[i]
	if len(step.Vertices) == 0 {
		var inputs []record.Input
		for _, parent := range s.parents[i] {
			inputs = append(inputs, record.Input{Step: s.steps[parent].ID})
		}
		return [][]record.Input{inputs}
	}
	var out [][]record.Input
	for _, v := range step.Deciding() {
		out = append(out, v.Inputs)
	}
	return out
}

// counterpart returns which old input is the n-th new one: the one in the same
// place, or, where their numbers differ, the first that is alike; -1 for none.
func (p *pair) counterpart(news, olds []record.Input, n int, taken []bool) int {
	if len(news) == len(olds) {
		return n
	}
	for m := range olds {
		a, b := &news[n], &olds[m]
		if !taken[m] && a.Hashed == b.Hashed && a.Source == b.Source && (a.Step == "") == (b.Step == "") {
			return m
		}
	}
	return -1
}

// isRedefined tells a change of the instruction from one of what it takes.
func (p *pair) isRedefined(in *inputPair) bool {
	a, b := in.cur, in.old
	switch {
	case b == nil || in.verdict != differs || !a.Hashed && !b.Hashed:
		return false
	case a.Hashed != b.Hashed || !sameSelectors(a, b):
		return true
	case a.Step == "" && b.Step == "":
		return a.Source != b.Source && !p.sameImageName(a, b) || p.textDiffers && len(p.attributesThatDiffer(in)) > 0
	case a.Step == "" || b.Step == "":
		return true
	case in.producer < 0 || in.before < 0:
		return false
	case !p.textDiffers && len(p.mentioned) == 0:
		return false
	}
	return p.stagePartner[p.cur.stageOf[in.producer]] != p.old.stageOf[in.before]
}

func (p *pair) sameImageName(a, b *record.Input) bool {
	v, w := p.step.Source(a.Source), p.oldStep.Source(b.Source)
	return v != nil && w != nil && v.IsImage() && w.IsImage() && imageOf(v).name == imageOf(w).name
}

// inherited are the properties of operations that come from above, or from the
// options of the build, and not from the instruction itself. Some an instruction
// sets with a flag, which is then named.
var inherited = map[string]string{
	"cwd": "", "user": "", "hostname": "", "cgroup-parent": "", "ulimits": "", "extra hosts": "",
	"platform": "--platform", "network": "--network", "security": "--security",
}

// isOwn says that a property is the instruction's own.
func (p *pair) isOwn(field string) bool {
	flag, ok := inherited[field]
	if !ok {
		return true
	}
	return flag != "" && (slices.Contains(p.step.Read().Flags, flag) || slices.Contains(p.oldStep.Read().Flags, flag))
}

// ownFields are the instruction's own properties that differ, sorted.
func (p *pair) ownFields() []string {
	var out []string
	for _, f := range slices.Sorted(maps.Keys(p.operation.fields)) {
		if p.isOwn(f) && !p.isFrontends(f) {
			out = append(out, f)
		}
	}
	return out
}

// isFrontends says that a property differs only by what the frontend puts there
// for an argument of its own.
func (p *pair) isFrontends(field string) bool {
	if field != "actions" {
		return false
	}
	properties := p.actionProperties()
	_, ok := properties[timeProperty]
	return ok && len(properties) == 1
}

// definitionDiffers says that what the instruction itself asks for differs.
func (p *pair) definitionDiffers() bool {
	if p.operation.reshaped || len(p.ownFields()) > 0 {
		return true
	}
	for k := range p.inputs {
		if p.inputs[k].redefined {
			return true
		}
	}
	d := p.operation
	return d.verdict == differs && len(d.fields) == 0 && len(d.env) == 0 && d.order == nil // only the engine's key tells
}

// inlineDiffers says that an inline document differs. The frontend replaces
// variables in it.
func (p *pair) inlineDiffers() bool {
	for k := range p.inputs {
		if in := &p.inputs[k]; in.cur.Source == record.SourceInline && in.verdict == differs {
			return true
		}
	}
	return false
}
