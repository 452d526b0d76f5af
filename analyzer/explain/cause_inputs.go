package explain

import (
	"fmt"
	"slices"
)

// parentRebuilt: an input was made anew under another key. Where its content
// would have counted but is not known, what made it stands for it.
func parentRebuilt(p *pair) []Cause {
	if p.first {
		return nil
	}
	var out []Cause
	var named []int
	for k := range p.inputs {
		in := &p.inputs[k]
		if in.byContent() || in.switched {
			continue
		}
		maker, again := -1, ""
		if in.old == nil || in.verdict != same {
			maker = p.culprit(in.producer)
		} else if p.standsOnForced(in) {
			maker, again = in.producer, ", which was run again"
		}
		if maker < 0 || slices.Contains(named, maker) {
			continue
		}
		named = append(named, maker)
		out = append(out, p.follows(maker, again))
	}
	return out
}

func (p *pair) follows(maker int, more string) Cause {
	message := "follows " + p.cur.at(maker)
	if p.cur.steps[maker].Platform != p.step.Platform {
		message += " of " + plain(p.cur.steps[maker].Platform)
	}
	return Cause{Because: p.cur.steps[maker].ID, Message: message + more}
}

// standsOnForced says that the build asked to run again what the step is put on
// top of, and not the step itself. A step that is made to run keeps its key, yet
// BuildKit (solver/edge.go) finds nothing in the cache by it for the next one, which
// runs and keeps its own key in turn.
func (p *pair) standsOnForced(in *inputPair) bool {
	return !in.cur.Hashed && p.forced(in.producer) && len(noCacheRequested(p)) == 0
}

// forced says that a step ran and that the build had asked for it.
func (c *comparing) forced(i int) bool {
	return i >= 0 && c.cur.ran(i) && len(noCacheRequested(newPair(c, i))) > 0
}

// madeAgain: the step takes files from one that the build was asked to run again,
// and the engine does not tell what came out. As that one keeps its key, the
// content decided.
func madeAgain(p *pair) []Cause {
	for k := range p.inputs {
		if in := &p.inputs[k]; in.old != nil && in.cur.Hashed && !in.byContent() && p.forced(in.producer) {
			return []Cause{p.follows(in.producer, ", which was run again")}
		}
	}
	return nil
}

// differencesAbove are where inputs that count by identity part from those of
// the build before, though all of them came from the cache.
func (p *pair) differencesAbove() []difference {
	var out []difference
	if p.j < 0 {
		return nil
	}
	for k := range p.inputs {
		in := &p.inputs[k]
		if in.old == nil || in.byContent() || in.verdict != differs || in.redefined || p.culprit(in.producer) >= 0 {
			continue
		}
		if in.producer < 0 || in.before < 0 {
			continue
		}
		if d := p.origin(in.producer, in.before); !slices.Contains(out, d) {
			out = append(out, d)
		}
	}
	return out
}

// inputsChanged: the inputs came from the cache, in a combination that the build
// before did not have.
func inputsChanged(p *pair) []Cause {
	var out []Cause
	for k := range p.inputs {
		if from, before, ok := p.baseSwitch(&p.inputs[k]); ok {
			old, cur := shown(&p.old.steps[before]), shown(&p.cur.steps[from])
			return []Cause{{Message: fmt.Sprintf("starts from something else: %s on %s, was %s", quote(cur), p.cur.at(from), quote(old)), Old: old, New: cur}}
		}
	}
	for _, d := range p.differencesAbove() {
		out = append(out, p.describeDifference(d))
	}
	if out = append(out, p.joinedInputs()...); len(out) == 0 {
		out = p.joinedImages()
	}
	if len(out) > 0 {
		return out
	}
	for k := range p.inputs {
		in := &p.inputs[k]
		if in.old == nil || in.byContent() || in.verdict != differs {
			continue
		}
		if in.cur.IsLocal() && in.old.IsLocal() {
			return []Cause{{Message: "it can write to build context " + plain(in.cur.Source) + ", which no two builds share"}}
		}
		if in.cur.Step == "" != (in.old.Step == "") || in.cur.Source != in.old.Source {
			return []Cause{{Message: "what it builds on is another than in " + p.theBuild()}}
		}
	}
	return nil
}

// joinedInputs are for a step that stands on the very image or stage that it takes
// files from, or does no longer: both are one input then.
func (p *pair) joinedInputs() []Cause {
	for _, before := range p.gone {
		if p.heir[before] < 0 {
			return []Cause{p.describeDifference(difference{p.i, before, removed})}
		}
		old := shown(&p.old.steps[before])
		return []Cause{{Message: fmt.Sprintf("no longer builds on %s (was %s)", quote(old), p.old.at(before)), Old: old}}
	}
	for k := range p.inputs {
		if in := &p.inputs[k]; in.old == nil && p.j >= 0 && in.producer >= 0 && p.culprit(in.producer) < 0 {
			now := shown(&p.cur.steps[in.producer])
			return []Cause{{Message: fmt.Sprintf("builds on %s %s now, which it did not before", p.cur.at(in.producer), quote(now)), New: now}}
		}
	}
	return nil
}

// joinedImages is joinedInputs for a base that has the same content under another
// name, so that nothing else differs.
func (p *pair) joinedImages() []Cause {
	for _, source := range p.goneSources {
		if v := p.oldStep.Source(source); v != nil && v.IsImage() {
			return []Cause{{Message: fmt.Sprintf("it takes files from %s, and builds on that now, too: one input, before two", familiar(imageOf(v).name))}}
		}
	}
	for k := range p.inputs {
		if in := &p.inputs[k]; in.old == nil && p.j >= 0 && in.cur.Step == "" {
			if v := p.step.Source(in.cur.Source); v != nil && v.IsImage() {
				return []Cause{{Message: fmt.Sprintf("it takes files from %s, and no longer builds on that: two inputs, before one", familiar(imageOf(v).name))}}
			}
		}
	}
	return nil
}

func (p *pair) describeDifference(d difference) Cause {
	now, before := func() string { return quote(shown(&p.cur.steps[d.i])) }, func() string { return quote(shown(&p.old.steps[d.j])) }
	switch {
	case d.i < 0 || d.j < 0:
		return Cause{Message: "what it builds on is another than in " + p.theBuild()}
	case d.kind == removed:
		return Cause{Message: fmt.Sprintf("%s is no longer above it (was %s)", before(), p.old.at(d.j)), Old: shown(&p.old.steps[d.j])}
	case d.kind == inserted:
		return Cause{Message: fmt.Sprintf("%s %s is new above it, and came from the cache", p.cur.at(d.i), now()), New: shown(&p.cur.steps[d.i])}
	case d.kind == reordered:
		return Cause{Message: fmt.Sprintf("builds on %s %s now, on %s before", p.cur.at(d.i), now(), before()),
			Old: shown(&p.old.steps[d.j]), New: shown(&p.cur.steps[d.i])}
	}
	return p.describeEdit(d)
}

// describeEdit says how a step above, which came from the cache, differs from
// what it was.
func (p *pair) describeEdit(d difference) Cause {
	out := Cause{Message: p.cur.at(d.i) + " is not what it was in " + p.theBuild() + ", and came from the cache"}
	above := newPair(p.comparing, d.i)
	if above.j != d.j {
		return out
	}
	for _, find := range []func(*pair) []Cause{instructionChanged, buildArgumentChanged, environmentChanged, stateChanged, filesChanged, remoteSourceChanged} {
		for _, c := range find(above) {
			out.Message = fmt.Sprintf("%s came from the cache, but not as in %s: %s", p.cur.at(d.i), p.theBuild(), c.Message)
			out.Old, out.New, out.Files, out.MoreFiles = c.Old, c.New, c.Files, c.MoreFiles
			return out
		}
	}
	return out
}
