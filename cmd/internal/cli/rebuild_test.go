package cli

import (
	"testing"

	"github.com/layerwise/layerwise/analyzer/engine"
)

// namedEngine is an engine of a kind, and nothing more.
type namedEngine struct {
	engine.Engine
	kind string
}

func (e namedEngine) Info() engine.Info { return engine.Info{Kind: e.kind} }

// TestColdByForce: on an engine that others use, the first build of an experiment is
// cold because no cache is used, and is called so.
func TestColdByForce(t *testing.T) {
	for _, c := range []struct {
		kind  string
		index int
		label string
		force bool
	}{
		{engine.KindEmbedded, 0, "cold", false},
		{engine.KindRemote, 0, "cold (no cache used)", true},
		{engine.KindRemote, 1, "cold", false},
	} {
		x := &experiment{engine: namedEngine{kind: c.kind}}
		if got := x.label(c.index, "cold"); got != c.label || x.isColdByForce(c.index) != c.force {
			t.Errorf("build %d on %s: %q, by force: %v", c.index, c.kind, got, x.isColdByForce(c.index))
		}
	}
}
