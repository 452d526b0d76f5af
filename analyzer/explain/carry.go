package explain

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/layerwise/layerwise/analyzer/record"
)

// CarryForward completes cur with what old knows and the build had no need to
// find out: of each step that did not run, how long its last run took, and of
// each hit the size of its result and the content of the inputs that the engine
// decided without, marked as Carried. Steps match as in Compare. Nothing is taken
// over from a step or an input that is known to be another one; old may be nil.
// What the engine of a build that failed claims to be cached is a hit if old proves
// it.
//
// A build that was observed is given warnings of files that the engine may have
// used as they were before, since it cannot tell that they changed; its trees have
// them as the engine took them.
func CarryForward(old, cur *record.Record) { CarryForwardAll(old, cur, nil) }

// CarryForwardAll is CarryForward where there are earlier records of the project than
// old, the newest first. They are read only if old has no result of a hit, or one of
// another step in its place; earlier may be nil.
func CarryForwardAll(old, cur *record.Record, earlier iter.Seq[*record.Record]) {
	if old == nil || cur == nil {
		return
	}
	c := newComparing(old, cur)
	c.prove()
	var pending []int
	for _, i := range c.cur.order {
		if !c.carry(i) && c.cur.steps[i].Outcome == record.Hit {
			pending = append(pending, i)
		}
	}
	if len(pending) > 0 {
		carryEarlier(pending, cur, earlier)
	}
	carryPastRuns(old, cur)
	if cur.Basis == record.Observed {
		c.noteStale()
	}
}

// carryEarlier completes hits from the newest record that has the result of each.
func carryEarlier(pending []int, cur *record.Record, earlier iter.Seq[*record.Record]) {
	for old := range recent(earlier) {
		e := newComparing(old, cur)
		pending = slices.DeleteFunc(pending, func(i int) bool { return e.hasResult(i) && e.carry(i) })
		if len(pending) == 0 {
			return
		}
	}
}

// hasResult says that the older record has the result that step i has now, or may
// have.
func (c *comparing) hasResult(i int) bool {
	j := c.partner[i]
	if j < 0 || c.prints.steps(i, j) == differs {
		return false
	}
	outcome := c.old.steps[j].Outcome
	return (outcome == record.Hit || outcome == record.Miss) && sameInstruction(&c.cur.steps[i], &c.old.steps[j])
}

// carry takes over what the older record knows of step i, and says whether it has the
// result of it.
func (c *comparing) carry(i int) bool {
	j := c.partner[i]
	if j < 0 || c.cur.steps[i].Outcome == record.Miss {
		return false
	}
	step, from := &c.cur.steps[i], &c.old.steps[j]
	if step.LastRunSeconds == nil && from.LastRunSeconds != nil && sameInstruction(step, from) {
		seconds := *from.LastRunSeconds
		step.LastRunSeconds = &seconds
	}
	if step.Outcome != record.Hit {
		return false
	}
	has := c.hasResult(i)
	if step.DiskSize == nil && has {
		step.DiskSize = from.DiskSize
	}
	c.carryContent(i, j)
	return has
}

// maxPastRuns bounds what a record remembers of instructions that it does not have.
const maxPastRuns = 500

// carryPastRuns remembers how long instructions took that cur does not have, or has
// otherwise, and recalls it for those that came back.
func carryPastRuns(old, cur *record.Record) {
	var past []record.PastRun
	for i := range old.Steps {
		if s := &old.Steps[i]; s.LastRunSeconds != nil {
			past = append(past, record.PastRun{Key: runKey(s), Seconds: *s.LastRunSeconds})
		}
	}
	past = append(past, old.PastRuns...)
	latest := map[string]float64{}
	for _, p := range slices.Backward(past) {
		latest[p.Key] = p.Seconds
	}
	known := map[string]bool{}
	for i := range cur.Steps {
		s := &cur.Steps[i]
		key := runKey(s)
		if seconds, ok := latest[key]; ok && s.LastRunSeconds == nil && s.Outcome != record.Miss && len(s.Deciding()) > 0 {
			s.LastRunSeconds = &seconds
		}
		known[key] = known[key] || s.LastRunSeconds != nil
	}
	cur.PastRuns = nil
	for _, p := range past {
		if !known[p.Key] && len(cur.PastRuns) < maxPastRuns {
			known[p.Key] = true
			cur.PastRuns = append(cur.PastRuns, p)
		}
	}
}

// runKey is the same for two steps that ask for the same, in any build.
func runKey(s *record.Step) string {
	h := sha256.New()
	write := func(parts ...string) {
		for _, p := range parts {
			fmt.Fprintf(h, "%d %s", len(p), p)
		}
	}
	write(s.Platform, normalized(s))
	for _, v := range s.Deciding() {
		write(v.Op.Kind)
		for _, m := range []map[string]string{v.Op.Fields, v.Op.Env} {
			for _, k := range slices.Sorted(maps.Keys(m)) {
				write(k, m[k])
			}
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// sameInstruction says that a step asks for what its partner asked for: the time
// of another command is not that of this one.
func sameInstruction(step, old *record.Step) bool {
	return normalized(step) == normalized(old) && diffOperations(step, old).verdict != differs
}

// carryContent takes over the content of inputs that are what they were.
func (c *comparing) carryContent(i, j int) {
	vs, ws := c.cur.steps[i].Deciding(), c.old.steps[j].Deciding()
	if len(vs) != len(ws) {
		return
	}
	for k, v := range vs {
		if v.Ran || len(v.Inputs) != len(ws[k].Inputs) {
			continue
		}
		for n := range v.Inputs {
			in, from := &v.Inputs[n], &ws[k].Inputs[n]
			if !in.Hashed || in.Content != "" || from.Content == "" || c.prints.input(i, j, in, from) == differs {
				continue
			}
			in.Content, in.Files, in.Carried = from.Content, maps.Clone(from.Files), true
		}
	}
}
