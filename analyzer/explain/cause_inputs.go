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
		if in.byContent() || in.old != nil && in.verdict == same {
			continue
		}
		maker := p.culprit(in.producer)
		if maker < 0 || slices.Contains(named, maker) {
			continue
		}
		named = append(named, maker)
		message := "follows " + p.cur.at(maker)
		if p.cur.steps[maker].Platform != p.step.Platform {
			message += " of " + plain(p.cur.steps[maker].Platform)
		}
		out = append(out, Cause{Because: p.cur.steps[maker].ID, Message: message})
	}
	return out
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
	if len(out) > 0 {
		return out
	}
	for k := range p.inputs {
		in := &p.inputs[k]
		if in.old == nil || in.byContent() || in.verdict != differs {
			continue
		}
		if isLocal(in.cur) && isLocal(in.old) {
			return []Cause{{Message: "it can write to build context " + plain(in.cur.Source) + ", which no two builds share"}}
		}
		if in.cur.Step == "" != (in.old.Step == "") || in.cur.Source != in.old.Source {
			return []Cause{{Message: "what it builds on is another than in the build before"}}
		}
	}
	return nil
}

func (p *pair) describeDifference(d difference) Cause {
	now, before := func() string { return quote(shown(&p.cur.steps[d.i])) }, func() string { return quote(shown(&p.old.steps[d.j])) }
	switch {
	case d.i < 0 || d.j < 0:
		return Cause{Message: "what it builds on is another than in the build before"}
	case d.kind == removed:
		return Cause{Message: fmt.Sprintf("%s is no longer above it (was %s)", before(), p.old.at(d.j)), Old: shown(&p.old.steps[d.j])}
	case d.kind == inserted:
		return Cause{Message: fmt.Sprintf("%s %s is new above it, and came from the cache", p.cur.at(d.i), now()), New: shown(&p.cur.steps[d.i])}
	case d.kind == reordered:
		return Cause{Message: fmt.Sprintf("%s %s stands where %s stood", p.cur.at(d.i), now(), before()),
			Old: shown(&p.old.steps[d.j]), New: shown(&p.cur.steps[d.i])}
	}
	return p.describeEdit(d)
}

// describeEdit says how a step above, which came from the cache, differs from
// what it was.
func (p *pair) describeEdit(d difference) Cause {
	out := Cause{Message: p.cur.at(d.i) + " is not what it was in the build before, and came from the cache"}
	above := newPair(p.comparing, d.i)
	if above.j != d.j {
		return out
	}
	for _, find := range []func(*pair) []Cause{instructionChanged, buildArgumentChanged, environmentChanged, stateChanged, filesChanged, remoteSourceChanged} {
		for _, c := range find(above) {
			out.Message = fmt.Sprintf("%s came from the cache, but not as in the build before: %s", p.cur.at(d.i), c.Message)
			out.Old, out.New, out.Files, out.MoreFiles = c.Old, c.New, c.Files, c.MoreFiles
			return out
		}
	}
	return out
}
