package oracle_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/layerwise/layerwise/analyzer/engine"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/layerwise/layerwise/analyzer/solve"
)

// checkUnfinished holds the outcomes of a build that failed against what the
// engine has.
func (c *fuzzRun) checkUnfinished(t *testing.T, e *fuzzEngine, r built) {
	t.Helper()
	for _, s := range r.rec.Steps {
		switch {
		case len(deciding(s)) == 0:
		case s.Outcome == record.Hit:
			e.tally.broken.hit++
		case s.Outcome == record.NotRun:
			e.tally.broken.notRun++
			if slices.ContainsFunc(s.Vertices, func(v record.Vertex) bool { return v.Cached == record.Claimed }) {
				e.tally.broken.claimed++
			}
		case ran(s) || s.Outcome == record.StepFailed:
			e.tally.broken.ran++
		}
	}
	c.checkMade(t, e, r)
	if c.world.Chance(60) {
		c.checkHits(t, e, r)
	}
}

// wrongOutcome is an error that is counted.
func (e *fuzzEngine) wrongOutcome(t *testing.T, s record.Step, format string, args ...any) {
	t.Helper()
	e.tally.broken.wrong++
	t.Errorf("%s: %s is said to be %s, and %s", e.name, s.ID, s.Outcome, fmt.Sprintf(format, args...))
}

// deciding are the operations of a step of which the engine keeps a result under a
// name.
func deciding(s record.Step) []record.Vertex {
	var out []record.Vertex
	for _, v := range s.Vertices {
		if resultName(v) != "" {
			out = append(out, v)
		}
	}
	return out
}

// resultName is how the engine's cache calls the result of a command or a copy.
func resultName(v record.Vertex) string {
	switch {
	case strings.HasPrefix(v.Name, "[internal]") || v.Name == unpacking:
	case v.Op.Kind == "file":
		return v.Name
	case v.Op.Kind == "exec":
		var args []string
		if json.Unmarshal([]byte(v.Op.Fields["args"]), &args) == nil {
			return "mount / from exec " + strings.Join(args, " ")
		}
	}
	return ""
}

// checkMade asks the engine for all results that are newer than the build: what
// ran to its end must have one, and nothing else.
func (c *fuzzRun) checkMade(t *testing.T, e *fuzzEngine, r built) {
	t.Helper()
	usage, err := e.Client().DiskUsage(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	made := map[string]bool{}
	for _, u := range usage {
		made[u.Description] = made[u.Description] || !u.CreatedAt.Before(r.rec.Started)
	}
	maker := map[string]bool{} // that may have made one
	for _, s := range r.rec.Steps {
		for _, v := range deciding(s) {
			maker[resultName(v)] = maker[resultName(v)] || v.Ran || s.Outcome == record.StepCanceled || s.Outcome == record.StepFailed
		}
	}
	for _, s := range r.rec.Steps {
		for _, v := range deciding(s) {
			switch name := resultName(v); {
			case s.Outcome == record.Miss && v.Ran && !made[name]:
				e.wrongOutcome(t, s, "left nothing: %s", name)
			case (s.Outcome == record.Hit || s.Outcome == record.NotRun) && made[name] && !maker[name]:
				e.wrongOutcome(t, s, "left a result: %s", name)
			}
		}
	}
}

// checkHits builds every stage up to the last step that is said to be a hit, other
// than a linked copy: that one is, whatever fails below it. Then nothing runs.
func (c *fuzzRun) checkHits(t *testing.T, e *fuzzEngine, r built) {
	t.Helper()
	last := map[string]int{} // line by stage
	for _, s := range r.rec.Steps {
		if s.Outcome == record.Hit && !strings.Contains(s.Text, "--link") {
			last[s.Stage] = max(last[s.Stage], s.EndLine)
		}
	}
	lines := strings.SplitAfter(c.world.File.Text(), "\n")
	for stage, line := range last {
		rec, err := c.buildPart(t, e, strings.Join(lines[:line], ""))
		if err != nil {
			e.tally.broken.wrong++
			t.Errorf("%s: stage %s up to line %d is said to be all hits: %v", e.name, stage, line, err)
			continue
		}
		for i, s := range r.rec.Steps {
			again := rec.Step(s.ID)
			if again == nil || s.Outcome != record.Hit || s.Effect == record.EffectBase && sharesImage(r.rec, i) {
				continue
			}
			switch again.Outcome {
			case record.Hit:
				e.tally.broken.asked++
			case record.Miss:
				e.wrongOutcome(t, s, "a build of stage %s up to line %d runs it", stage, line)
			}
		}
		e.others = append(e.others, rec)
	}
}

// buildPart builds the beginning of the file, in the same context.
func (c *fuzzRun) buildPart(t *testing.T, e *fuzzEngine, dockerfile string) (*record.Record, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "part")
	if err := os.WriteFile(path, []byte(dockerfile), 0o644); err != nil {
		t.Fatal(err)
	}
	o, err := c.options()
	if err != nil {
		t.Fatal(err)
	}
	o.Target, o.NoCache, o.NoCacheFilter = "", false, nil
	named := o.Source.Named
	if o.Source, err = solve.Open(c.disk.Context, path, nil); err != nil {
		t.Fatal(err)
	}
	o.Source.Named = named
	ctx, cancel := context.WithTimeout(context.Background(), buildTimeout)
	defer cancel()
	var eng engine.Engine = e.Engine
	if own, ok := eng.(*counting); ok {
		eng = own.Engine // whose counts are those of the build that is checked
	}
	return solve.Run(ctx, eng, o)
}
