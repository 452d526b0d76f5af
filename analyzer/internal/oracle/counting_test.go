package oracle_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/layerwise/layerwise/analyzer/engine"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/opencontainers/go-digest"
)

// counting keeps the engine's own counts of a build.
type counting struct {
	engine.Engine
	facts map[digest.Digest]engine.Fact
}

func (c *counting) Facts(ctx context.Context, ref string) (map[digest.Digest]engine.Fact, error) {
	facts, err := c.Engine.Facts(ctx, ref)
	if len(facts) > 0 {
		c.facts = facts
	}
	return facts, err
}

// check compares outcomes with executions, instruction by instruction.
func (c *counting) check(t *testing.T, label string, rec *record.Record) {
	t.Helper()
	builds++
	for _, s := range rec.Steps {
		said, ran, counted := c.executed(s)
		if !counted {
			continue
		}
		steps++
		if said != ran {
			t.Errorf("%s: %s is said to be a %s, executed: %v", label, s.ID, s.Outcome, ran)
		}
	}
}

// compare is check without a test, which ends at the first difference.
func (c *counting) compare(rec *record.Record) error {
	for _, s := range rec.Steps {
		if said, ran, counted := c.executed(s); counted && said != ran {
			return fmt.Errorf("%s is said to be a %s, executed: %v", s.ID, s.Outcome, ran)
		}
	}
	return nil
}

// unpacking is how BuildKit calls the operation that unpacks a build context from
// a URL: no instruction has it.
const unpacking = "file operation"

// executed says whether a step's outcome claims that it ran, and whether it did.
// Steps without an operation are not counted.
func (c *counting) executed(s record.Step) (said, ran, counted bool) {
	decides := map[string]bool{"exec": true, "file": true}
	if s.Effect == record.EffectBase {
		decides = map[string]bool{"source": true}
	}
	for _, v := range s.Vertices {
		if !decides[v.Op.Kind] || strings.HasPrefix(v.Name, "[internal]") || v.Name == unpacking {
			continue
		}
		counted = true
		ran = ran || c.facts[digest.Digest(v.Digest)].Executions > 0
	}
	if s.Outcome == record.StepCanceled && !ran { // stopped before it was executed
		return false, false, false
	}
	said = s.Outcome == record.Miss || s.Outcome == record.StepCanceled || s.Outcome == record.StepFailed && vertexRan(s)
	return said, ran, counted
}

// vertexRan tells a step that failed while it ran from one whose files were not
// there.
func vertexRan(s record.Step) bool {
	return slices.ContainsFunc(s.Vertices, func(v record.Vertex) bool { return v.Ran && v.Error != "" })
}
