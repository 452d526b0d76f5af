package explain

import (
	"fmt"

	"github.com/layerwise/layerwise/analyzer/record"
)

// missingEvidence: the records do not tell enough to say that the key is the
// same as before.
func missingEvidence(p *pair) []Cause {
	if p.oldStep == nil {
		return []Cause{{Message: "the build before is not known well enough"}}
	}
	d := p.operation
	switch {
	case d.verdict == differs && len(d.fields)+len(d.env) == 0 && !d.reshaped:
		return []Cause{{Message: "the engine's key of it changed, and the records do not tell what of it"}}
	case d.verdict == differs:
		return []Cause{{Message: "its definition changed, and the records do not tell why"}}
	case d.verdict == unclear:
		return []Cause{{Message: "what " + quote(shown(p.step)) + " resolved to is not recorded in both builds"}}
	}
	for k := range p.inputs {
		if in := &p.inputs[k]; in.verdict != same {
			return []Cause{{Message: in.missing(p)}}
		}
	}
	if p.sameEngine() == unclear {
		return []Cause{{Message: "same key as before, and it is not known whether the two engines share a cache"}}
	}
	return nil
}

// missing names the evidence about an input that is not there.
func (in *inputPair) missing(p *pair) string {
	what := "what it builds on"
	switch {
	case in.old == nil:
		return "it has an input that it did not have before, and the records do not tell why"
	case in.cur.Source == sourceInline:
		what = "its inline document"
	case isLocal(in.cur):
		what = "the files of build context " + plain(in.cur.Source)
	case in.cur.Source != "":
		what = "the content of " + clip(plain(in.cur.Source), maxQuoted)
	case in.cur.Hashed && in.producer >= 0:
		what = "the files from stage " + plain(p.cur.steps[in.producer].Stage)
	case in.producer >= 0:
		what = "the key of " + p.cur.at(in.producer)
	}
	where := "in both builds"
	switch {
	case !in.cur.Hashed || in.cur.Content == "" && in.old.Content == "":
	case in.cur.Content == "":
		where = "in this build"
	case in.old.Content == "":
		where = "in the build before"
	}
	return fmt.Sprintf("%s: no checksum is known %s", what, where)
}

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

// importMissed: the key is the same, the engine is another one, and it looked
// into an imported cache.
func importMissed(p *pair) []Cause {
	if p.sameEngine() != differs || !p.cur.rec.CacheImports {
		return nil
	}
	return []Cause{{Message: "the imported cache has nothing for it"}}
}

// otherEngine: the key is the same, and the engine has never seen it.
func otherEngine(p *pair) []Cause {
	if p.sameEngine() != differs {
		return nil
	}
	old, cur := engineName(p.old.rec.Engine), engineName(p.cur.rec.Engine)
	if old == cur {
		return []Cause{{Message: "the build before ran on another engine"}}
	}
	return []Cause{{Message: fmt.Sprintf("the build before ran on another engine (%s)", old), Old: old, New: cur}}
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
func evicted(*pair) []Cause {
	return []Cause{{Message: "nothing changed, but its result is no longer in the engine's cache"}}
}
