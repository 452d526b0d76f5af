package explain

import (
	"fmt"

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
