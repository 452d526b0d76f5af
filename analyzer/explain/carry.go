package explain

import (
	"maps"

	"github.com/layerwise/layerwise/analyzer/record"
)

// CarryForward completes cur with what old knows and the build had no need to
// find out: of each step that did not run, how long its last run took, and of
// each hit the size of its result and the content of the inputs that the engine
// decided without, marked as Carried. Steps match as in Compare. Nothing is taken
// over from a step or an input that is known to be another one; old may be nil.
// What the engine of a build that failed claims to be cached is a hit if old proves
// it; see Prove.
//
// A build that was observed is given warnings of files that the engine may have
// used as they were before, since it cannot tell that they changed; its trees have
// them as the engine took them.
func CarryForward(old, cur *record.Record) {
	if old == nil || cur == nil {
		return
	}
	c := newComparing(old, cur)
	c.prove()
	for _, i := range c.cur.order {
		j := c.partner[i]
		if j < 0 || c.cur.ran(i) && c.cur.steps[i].Outcome != record.Run {
			continue
		}
		step, from := &c.cur.steps[i], &c.old.steps[j]
		if step.LastRunSeconds == nil && from.LastRunSeconds != nil && sameInstruction(step, from) {
			seconds := *from.LastRunSeconds
			step.LastRunSeconds = &seconds
		}
		if step.Outcome == record.Hit {
			if step.DiskSize == nil && sameInstruction(step, from) {
				step.DiskSize = from.DiskSize
			}
			c.carryContent(i, j)
		}
	}
	if cur.Basis == record.Observed {
		c.noteStale()
	}
}

// sameInstruction says that a step asks for what its partner asked for: the time
// of another command is not that of this one.
func sameInstruction(step, old *record.Step) bool {
	return normalized(step) == normalized(old) && diffOperations(step, old).verdict != differs
}

// carryContent takes over the content of inputs that are what they were.
func (c *comparing) carryContent(i, j int) {
	vs, ws := deciding(&c.cur.steps[i]), deciding(&c.old.steps[j])
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
