package explain

import "github.com/layerwise/layerwise/analyzer/record"

// prove turns into hits the steps of a build that failed of which the engine
// claims that they are cached, where the older record knows that their result was
// in the same engine's cache, under the same key, and the engine has not less of
// its kind than then. Records that are older still are not asked: what was pruned
// and made anew between would look the same.
func (c *comparing) prove() {
	if c.old.rec.Engine.CacheID == "" || c.sameEngine() != same || c.cur.rec.EngineCache == nil {
		return
	}
	for _, i := range c.cur.order {
		step, j := &c.cur.steps[i], c.partner[i]
		if step.Outcome != record.NotRun || j < 0 || c.prints.steps(i, j) != same {
			continue
		}
		vs, ws := step.Keyed(), c.old.steps[j].Keyed()
		proven := len(vs) > 0
		for k, v := range vs { // as many as ws: the keys are the same
			proven = proven && (v.Done || v.Cached == record.Claimed && c.wasThere(ws[k]) && c.isHeld(v))
		}
		if !proven {
			continue
		}
		reused(step, record.Recorded)
	}
	for k := len(c.cur.order) - 1; k >= 0; k-- {
		c.useInputs(c.cur.order[k])
	}
}

// useInputs makes hits of the steps that a reused operation of step i is made of. A
// copy by link may be reused where its merge is not.
func (c *comparing) useInputs(i int) {
	for _, v := range c.cur.steps[i].Vertices {
		if !v.Done || v.Ran {
			continue
		}
		for n := range v.Inputs {
			if p := c.cur.producer(i, &v.Inputs[n]); p >= 0 && c.cur.steps[p].Outcome == record.NotRun {
				reused(&c.cur.steps[p], record.Used)
			}
		}
	}
}

// reused makes a step a hit.
func reused(step *record.Step, evidence record.Evidence) {
	step.Outcome = record.Hit
	for _, v := range step.Keyed() {
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
// the end of the older build, not counting what this one made. A build that ran
// nothing did not count them.
func (c *comparing) isHeld(v *record.Vertex) bool {
	before, now := c.old.rec.EngineCache[v.CacheName], c.cur.rec.EngineCache[v.CacheName]
	made := map[string]bool{}
	for i := range c.cur.steps {
		for k := range c.cur.steps[i].Vertices {
			if w := &c.cur.steps[i].Vertices[k]; w.Ran && sameName(v, w) {
				made[w.Digest] = true
			}
		}
	}
	return v.CacheName != "" && now-len(made) >= max(1, before)
}

// sameName says that the engine calls the results of two operations the same.
func sameName(v, w *record.Vertex) bool {
	switch {
	case v.Op.Kind != w.Op.Kind:
		return false
	case v.Op.Kind == "exec":
		return v.Op.Fields["args"] == w.Op.Fields["args"]
	case v.Op.Kind == "source":
		return imageOf(v).digest == imageOf(w).digest
	}
	return v.Name == w.Name
}
