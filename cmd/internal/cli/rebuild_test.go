package cli

import (
	"testing"

	"github.com/layerwise/layerwise/analyzer/engine"
)

// capableEngine is an engine that can do something, and nothing more.
type capableEngine struct {
	engine.Engine
	capabilities engine.Capabilities
}

func (e capableEngine) Capabilities() engine.Capabilities { return e.capabilities }

// TestColdByForce: on an engine that others use, the first build of an experiment is
// cold because no cache is used, and is called so.
func TestColdByForce(t *testing.T) {
	for _, c := range []struct {
		private bool
		index   int
		label   string
		force   bool
	}{
		{true, 0, "cold", false},
		{false, 0, "cold (no cache used)", true},
		{false, 1, "cold", false},
	} {
		x := &experiment{engine: capableEngine{capabilities: engine.Capabilities{Private: c.private}}}
		if got := x.label(c.index, "cold"); got != c.label || x.isColdByForce(c.index) != c.force {
			t.Errorf("build %d, private %t: %q, by force: %v", c.index, c.private, got, x.isColdByForce(c.index))
		}
	}
}
