package explain

import (
	"maps"
	"slices"

	"github.com/layerwise/layerwise/analyzer/record"
)

// variable is a build argument or environment variable with another value than
// in the build before.
type variable struct {
	isArg    bool
	name     string
	old, new string
	// set and wasSet tell an empty value from none.
	set, wasSet bool
	// by is the step that sets it, -1 for none: the base image, or the command
	// line. removedBy is the older record's step that set it, where none does now.
	by, removedBy int
	// via is the ENV through which an argument enters, -1 for none.
	via int
	// because is the FROM that ran and brought it, -1 for none.
	because int
}

// mentionedVariables are those that the frontend replaces in the instruction, in
// this build and the one before.
func (p *pair) mentionedVariables() []variable {
	var out []variable
	for _, name := range p.step.Mentions {
		if slices.Contains(p.oldStep.Mentions, name) {
			out = add(out, p.blame(p.i, p.j, name, 0)...)
		}
	}
	return out
}

// enteringVariables are those behind a difference of the operation.
func (p *pair) enteringVariables() []variable {
	var out []variable
	if p.definitionDiffers() || p.inlineDiffers() {
		out = add(out, p.mentioned...)
	}
	for _, name := range slices.Sorted(maps.Keys(p.operation.env)) {
		found := p.blame(p.i, p.j, name, 0)
		if len(found) == 0 {
			found = []variable{p.unscoped(name)}
		}
		out = add(out, found...)
	}
	for _, s := range p.settingsThatDiffer() {
		out = add(out, s.variables...)
	}
	return out
}

// add appends what is not there yet.
func add(list []variable, more ...variable) []variable {
	for _, v := range more {
		known := func(o variable) bool { return o.isArg == v.isArg && o.name == v.name }
		if !slices.ContainsFunc(list, known) {
			list = append(list, v)
		}
	}
	return list
}

// maxDerivation bounds the variables that are followed through each other.
const maxDerivation = 16

// blame says why a variable has another value at step i of the newer record than
// at step j of the older one: nil if it has not. Where the line that sets it is
// the same, what that line refers to is to blame.
func (p *pair) blame(i, j int, name string, depth int) []variable {
	if depth > maxDerivation {
		return nil
	}
	isFrom := p.cur.steps[i].Instruction == "FROM"
	v := variable{name: name, by: -1, removedBy: -1, via: -1, because: -1}
	if !isFrom { // FROM sees no ENV
		v.read(p.old.steps[j].Env, p.cur.steps[i].Env)
	}
	keyword := "ENV"
	if !v.set && !v.wasSet {
		v.isArg, keyword = true, "ARG"
		v.read(p.old.argsOf(j), p.cur.argsOf(i))
	}
	if v.set == v.wasSet && v.old == v.new {
		return nil
	}
	v.by = p.cur.setter(i, keyword, name)
	before := p.old.setter(j, keyword, name)
	if from, args, ok := p.switchedBase(i, j, v.by, before); ok && !v.isArg && !isFrom {
		if len(args) > 0 {
			return args
		}
		v.by = from
		return []variable{v}
	}
	switch {
	case v.by < 0 && before >= 0:
		v.removedBy = before
	case v.by < 0 && !v.isArg:
		v.because = p.changedBase(i)
	case v.by >= 0 && before >= 0:
		if from := p.derived(v, before, depth); len(from) > 0 {
			return from
		}
	}
	return []variable{v}
}

func (v *variable) read(old, cur map[string]string) {
	v.old, v.wasSet = old[v.name]
	v.new, v.set = cur[v.name]
}

// derived returns the variables that make a variable's value differ although it
// is set by the same text.
func (p *pair) derived(v variable, before, depth int) []variable {
	if v.isArg && p.isGiven(v.name) {
		return nil
	}
	now, was := p.cur.assignment(v.by, v.name), p.old.assignment(before, v.name)
	if now.Text == nil || was.Text == nil || *now.Text != *was.Text {
		return nil
	}
	var out []variable
	for _, name := range now.Names {
		for _, from := range p.blame(v.by, before, name, depth+1) {
			if from.isArg && !v.isArg && from.via < 0 {
				from.via = v.by
			}
			out = append(out, from)
		}
	}
	return out
}

// switchedBase says whether a setting differs because the stage of step i starts
// from another stage than before, or no longer from one: the steps that make it
// now and made it before (-1 for none) do not lie in the step's own stage. It
// returns the FROM, and the build arguments that made it name something else.
func (p *pair) switchedBase(i, j, by, before int) (from int, args []variable, ok bool) {
	n, m := p.cur.stageOf[i], p.old.stageOf[j]
	if by >= 0 && p.cur.stageOf[by] == n || before >= 0 && p.old.stageOf[before] == m {
		return -1, nil, false
	}
	for range p.cur.stages { // bases of odd records may go in circles
		from, old := p.cur.scope.from[n], p.old.scope.from[m]
		if from < 0 || old < 0 || from == i || p.partner[from] != old {
			return -1, nil, false
		}
		base, was := p.cur.scope.bases[n], p.old.scope.bases[m]
		if base < 0 && was < 0 {
			return -1, nil, false
		}
		if base >= 0 && was >= 0 && p.stagePartner[base] == was {
			n, m = base, was
			continue
		}
		if normalized(&p.cur.steps[from]) == normalized(&p.old.steps[old]) {
			for _, name := range p.cur.steps[from].Mentions {
				args = add(args, p.blame(from, old, name, 0)...)
			}
			for k := range args {
				args[k].via = from
			}
		}
		return from, args, true
	}
	return -1, nil, false
}

func (p *pair) isGiven(name string) bool {
	_, now := p.cur.rec.BuildArgs[name]
	_, before := p.old.rec.BuildArgs[name]
	return now || before
}

// assignment is what step i sets a variable to; nothing where it does not.
func (s *side) assignment(i int, name string) record.Assignment {
	for _, a := range slices.Backward(s.steps[i].Read().Sets) {
		if a.Name == name {
			return a
		}
	}
	return record.Assignment{}
}

// unscoped is a variable of an operation that the step's scope does not know:
// one of the base image, or an option of the build.
func (p *pair) unscoped(name string) variable {
	c := p.operation.env[name]
	v := variable{name: name, old: c.old, new: c.new, set: c.new != "", wasSet: c.old != "", by: -1, removedBy: -1, via: -1, because: -1}
	if v.isArg = p.isGiven(name); !v.isArg {
		v.because = p.changedBase(p.i)
	}
	return v
}

// changedBase returns the FROM of the image that step i builds on, if it ran and
// is not what it was; else -1.
func (p *pair) changedBase(i int) int {
	from := p.cur.base(i)
	if from < 0 || from == p.i || !p.cur.ran(from) || !p.changed(from) || p.cur.place[from] >= p.cur.place[p.i] {
		return -1
	}
	return from
}
