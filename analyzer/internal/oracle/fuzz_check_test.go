package oracle_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/layerwise/layerwise/analyzer/record"
)

// checkOutcomes compares with what was counted, on the engine that counts.
func (c *fuzzRun) checkOutcomes(t *testing.T, e *fuzzEngine, r built) {
	t.Helper()
	own, ok := e.Engine.(*counting)
	if !ok {
		return
	}
	for _, s := range r.rec.Steps {
		said, ran, counted := own.executed(s)
		if !counted {
			continue
		}
		e.tally.outcomes++
		if said != ran {
			t.Errorf("%s: %s is said to be a %s, executed: %v", e.name, s.ID, s.Outcome, ran)
		}
	}
}

// checkAgreement compares what the engines did. Of a build that failed, how far
// the steps beside the culprit came is chance; from then on the caches differ.
func (c *fuzzRun) checkAgreement(t *testing.T, results []built) {
	t.Helper()
	a, b := results[0].rec, results[1].rec
	if len(a.Steps) != len(b.Steps) {
		t.Errorf("%d steps on one engine, %d on the other", len(a.Steps), len(b.Steps))
		return
	}
	chance := []record.Outcome{record.StepCanceled, record.NotRun}
	for i, s := range a.Steps {
		o := b.Steps[i]
		switch {
		case s.Outcome == o.Outcome:
			if c.agree && s.Outcome != record.None && s.Outcome != record.Unused {
				c.engines[1].tally.outcomes++
			}
		case a.Result == record.Failed && (s.Effect == record.EffectBase || slices.Contains(chance, s.Outcome) || slices.Contains(chance, o.Outcome)):
			c.agree = false
		case s.Effect == record.EffectBase && sharesImage(a, i):
		case slices.Equal(alike(a, s), alike(b, o)):
		case c.agree:
			t.Errorf("%s: %s by counting, %s by status events", s.ID, s.Outcome, o.Outcome)
		}
	}
}

// alike are the outcomes of all instructions with the text of one, sorted; those
// that are one operation count once. Where two platforms or stages share what they
// do, chance says which of them does it.
func alike(r *record.Record, step record.Step) []record.Outcome {
	var all []record.Outcome
	seen := map[string]bool{}
	for _, s := range r.Steps {
		if s.Text != step.Text {
			continue
		}
		if n := len(s.Vertices); n > 0 {
			last := s.Vertices[n-1].Digest
			if seen[last] {
				continue
			}
			seen[last] = true
		}
		all = append(all, s.Outcome)
	}
	slices.Sort(all)
	return all
}

// sharesImage says that another step names the same image. Which of the two
// loads it is chance, and status events do not tell.
func sharesImage(r *record.Record, i int) bool {
	image := func(s record.Step) string {
		for _, v := range s.Vertices {
			if _, digest, ok := strings.Cut(v.Op.Fields["identifier"], "@"); ok {
				return digest + v.Op.Fields["platform"]
			}
		}
		return ""
	}
	for j, s := range r.Steps {
		if j != i && image(s) != "" && image(s) == image(r.Steps[i]) {
			return true
		}
	}
	return false
}
