package oracle_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/layerwise/layerwise/analyzer/explain"
	"github.com/layerwise/layerwise/analyzer/record"
)

// describe shows the case where something was wrong.
func (c *fuzzRun) describe(t *testing.T, n int, results []built) {
	t.Helper()
	w := c.world
	text := fmt.Sprintf("build %d after %v\n", n, c.edits)
	if before := c.before(); before != nil {
		text += fmt.Sprintf("--- Dockerfile before (arguments %v, target %q)\n%s", before.Args, before.Target, before.File.Text())
	}
	text += fmt.Sprintf("--- Dockerfile (arguments %v, target %q, no-cache %v, filter %q, ignore %q)\n%s", w.Args, w.Target, w.NoCache,
		w.File.StageName(w.NoCacheFilter), w.Ignore, w.File.Text())
	for i, e := range c.engines {
		if results[i].rec == nil {
			continue
		}
		text += fmt.Sprintf("--- %s, error %v\n%s", e.name, results[i].err, describeFuzzed(e.before(results[i].rec), results[i]))
	}
	t.Log(text)
}

// before returns the record of the build before one, nil for none.
func (e *fuzzEngine) before(rec *record.Record) *record.Record {
	for _, h := range e.history {
		if h.ID != rec.ID {
			return h
		}
	}
	return nil
}

// describeFuzzed lists what was predicted of every step, what became of it and
// why.
func describeFuzzed(old *record.Record, r built) string {
	text := ""
	c := explain.Compare(old, r.rec)
	for _, s := range r.rec.Steps {
		if s.Outcome == record.None {
			continue
		}
		text += fmt.Sprintf("%3d %-22s %-5s was %-8s predicted %-9s %s %s\n", s.Line, s.ID, s.Instruction, outcome(old, c.Aligned[s.ID]), outcome(r.predicted, s.ID), s.Outcome, evidence(s))
		if old == nil {
			continue
		}
		for _, cause := range c.Causes[s.ID] {
			text += fmt.Sprintf("        %s root=%v because=%q %s %v\n", cause.Kind, cause.Root, cause.Because, cause.Message, cause.Files)
		}
	}
	return text
}

// evidence lists what speaks for hits of a build that failed, operation by operation.
func evidence(s record.Step) string {
	var all []string
	for _, v := range s.Vertices {
		if v.Cached != "" {
			all = append(all, fmt.Sprintf("%s %s", v.Op.Kind, v.Cached))
		}
	}
	return strings.Join(all, ", ")
}

// outcome is that of a step, "" where the record does not have it.
func outcome(r *record.Record, id string) record.Outcome {
	if r == nil || r.Step(id) == nil {
		return ""
	}
	return r.Step(id).Outcome
}
