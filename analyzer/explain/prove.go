package explain

import "github.com/layerwise/layerwise/analyzer/record"

// Claims says that a build which failed has steps that its engine calls cached
// and that nothing proves to be.
func Claims(rec *record.Record) bool {
	for i := range rec.Steps {
		for _, v := range deciding(&rec.Steps[i]) {
			if v.Cached == record.Claimed {
				return true
			}
		}
	}
	return false
}

// Prove turns into hits the steps of a build that failed of which the engine
// claims that they are cached, where an older record knows that their result was
// in the same engine's cache, under the same key, and the engine has not less of
// its kind than then. CarryForward does it for the record that it is given; a
// caller who has older ones may go on with those.
func Prove(old, cur *record.Record) {
	if old == nil || cur == nil || !Claims(cur) {
		return
	}
	newComparing(old, cur).prove()
}

func (c *comparing) prove() {
	if c.old.rec.Engine.CacheID == "" || c.sameEngine() != same {
		return
	}
	for _, i := range c.cur.order {
		step, j := &c.cur.steps[i], c.partner[i]
		if step.Outcome != record.NotRun || j < 0 || c.prints.steps(i, j) != same {
			continue
		}
		vs, ws := keyed(step), keyed(&c.old.steps[j])
		proven := len(vs) > 0
		for k, v := range vs { // as many as ws: the keys are the same
			proven = proven && (v.Done || v.Cached == record.Claimed && c.wasThere(ws[k]) && c.isHeld(v))
		}
		if !proven {
			continue
		}
		reused(step, record.Recorded)
	}
	for k := len(c.cur.order) - 1; k >= 0; k-- { // what is reused is made of these
		if i := c.cur.order[k]; c.cur.steps[i].Outcome == record.Hit {
			for _, p := range c.cur.parents[i] {
				if c.cur.steps[p].Outcome == record.NotRun {
					reused(&c.cur.steps[p], record.Used)
				}
			}
		}
	}
}

// reused makes a step a hit.
func reused(step *record.Step, evidence record.Evidence) {
	step.Outcome = record.Hit
	for _, v := range keyed(step) {
		if !v.Done {
			v.Done, v.Cached = true, evidence
		}
	}
}

// wasThere says that an operation's result was in the cache when the older build
// was over.
func (c *comparing) wasThere(w *record.Vertex) bool {
	return w.Done && w.Error == "" && (w.Ran || w.Cached.Proof() || c.old.rec.Result == record.Succeeded)
}

// isHeld says that the engine has not less results of an operation's name than at
// the end of the older build. A build that ran nothing did not count them.
func (c *comparing) isHeld(v *record.Vertex) bool {
	before, now := c.old.rec.EngineCache[v.CacheName], c.cur.rec.EngineCache[v.CacheName]
	return v.CacheName != "" && now >= max(1, before)
}
