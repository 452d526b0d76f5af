package explain

import (
	"fmt"
	"slices"

	"github.com/layerwise/layerwise/analyzer/record"
)

// sameEngine says whether the two builds could reuse each other's results.
func (c *comparing) sameEngine() verdict {
	a, b := c.cur.rec.Engine, c.old.rec.Engine
	switch {
	case a.CacheID != "" && b.CacheID != "":
		if a.CacheID == b.CacheID {
			return same
		}
		return differs
	case a.CacheID == b.CacheID && a.Kind == b.Kind && a.Address == b.Address:
		return same
	}
	return unclear
}

// folderMadeAnew says that the build before ran on an embedded engine in the folder of
// this one, which somebody has removed since, and the cache with it.
func (c *comparing) folderMadeAnew() bool {
	a, b := c.cur.rec.Engine, c.old.rec.Engine
	return a.Folder != "" && a.Folder == b.Folder && c.sameEngine() == differs
}

// importMissed: the key is the same, the engine is another one, and it looked
// into an imported cache.
func importMissed(p *pair) []Cause {
	if p.sameEngine() != differs || !p.cur.rec.CacheImports {
		return nil
	}
	out := failedImports(p.cur.rec)
	switch worked := len(p.cur.rec.Imports) - len(out); {
	case len(out) > 0 && worked == 0:
	case p.keyImported():
		out = append(out, Cause{Message: "the imported cache knows it, but was exported without its result, as mode=min leaves out what is not in the image"})
	case len(out) > 0:
		out = append(out, Cause{Message: "what else was imported has nothing for it"})
	case p.cur.leadsToResult(p.i):
		out = append(out, Cause{Message: "the imported cache has nothing for it"})
	default:
		out = append(out, Cause{Message: "the imported cache has nothing for it; one that was exported with mode=min has no step of " +
			plain(p.step.Stage) + ", which is not in the image"})
	}
	return out
}

// keyImported says that an imported cache knows the step on these inputs.
func (p *pair) keyImported() bool {
	vs := p.step.Deciding()
	return len(vs) > 0 && !slices.ContainsFunc(vs, func(v *record.Vertex) bool { return !v.KeyImported })
}

// failedImports has a cause for each cache that could not be imported.
func failedImports(r *record.Record) []Cause {
	var out []Cause
	for _, i := range r.Imports {
		if i.Result == record.ImportFailed {
			out = append(out, Cause{Message: fmt.Sprintf("the import of %s failed: %s", clip(plain(i.Ref), maxImport), clip(plain(i.Error), maxImport))})
		}
	}
	return out
}

// maxImport bounds a reference and an error inside a message, in characters.
const maxImport = 200

// importFailed: there is no build to compare with, and what might have had it could
// not be read.
func importFailed(p *pair) []Cause {
	if !p.first || len(noCacheRequested(p)) > 0 {
		return nil
	}
	return failedImports(p.cur.rec)
}

// leadsToResult says that step i stands in the last stage that is built, or in one
// that it starts from: its layers are in the image. An export with mode=min has
// those alone.
func (s *side) leadsToResult(i int) bool {
	last := -1
	for n, st := range s.stages {
		if st.platform == s.steps[i].Platform && st.index >= 0 && (last < 0 || st.index > s.stages[last].index) &&
			slices.ContainsFunc(st.steps, func(k int) bool { return s.steps[k].Outcome != record.Unused }) {
			last = n
		}
	}
	for range s.stages { // bases of odd records may go in circles
		if last < 0 || last == s.stageOf[i] {
			return last >= 0
		}
		last = s.scope.bases[last]
	}
	return false
}

// otherEngine: the key is the same, and the engine has never seen it.
func otherEngine(p *pair) []Cause {
	if p.sameEngine() != differs || p.folderMadeAnew() {
		return nil
	}
	old, cur := engineName(p.old.rec.Engine), engineName(p.cur.rec.Engine)
	if old == cur {
		return []Cause{{Message: p.theBuild() + " ran on another engine"}}
	}
	return []Cause{{Message: fmt.Sprintf("%s ran on another engine (%s)", p.theBuild(), old), Old: old, New: cur}}
}

func engineName(e record.Engine) string {
	if e.Address != "" {
		return clip(plain(e.Address), maxQuoted)
	}
	return e.Kind
}

// evicted: the key is the same and the engine is the same, so its result is no
// longer there. Had it been, the step would have been reused, even on top of one
// that ran.
func evicted(p *pair) []Cause {
	if p.folderMadeAnew() {
		return []Cause{{Message: "nothing changed, but the engine's folder was made anew since " + p.theBuild() + ", and its cache was lost"}}
	}
	return []Cause{{Message: "nothing changed, but its result is no longer in the engine's cache"}}
}
