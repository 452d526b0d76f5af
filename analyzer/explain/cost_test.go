package explain

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/layerwise/layerwise/analyzer/record"
)

// timed gives the steps of a record seconds, and hits those of their last run.
func timed(seconds ...float64) func(*record.Record) {
	return func(r *record.Record) {
		for i, s := range seconds {
			if r.Steps[i].Outcome == record.Hit {
				r.Steps[i].Seconds, r.Steps[i].LastRunSeconds = 0, &seconds[i]
			} else {
				r.Steps[i].Seconds = s
			}
		}
	}
}

func TestCost(t *testing.T) {
	input := func(line int, on string) func(*record.Record) {
		return takes(line, record.Input{Step: on})
	}
	share := func(lines ...int) func(*record.Record) {
		return func(r *record.Record) {
			for _, l := range lines {
				r.Steps[l-1].Vertices[0].Digest = "sha256:shared"
			}
		}
	}
	alone := func(line int) func(*record.Record) {
		return on(line, func(v *record.Vertex) { v.Inputs = nil })
	}
	cases := []struct {
		name       string
		old, cur   *record.Record
		run, saved float64
		roots      []Root
	}{
		{name: "nothing ran", old: steps("hit FROM a\nhit RUN x"), cur: steps("hit FROM a\nhit RUN x", timed(1, 2)), saved: 3},
		{name: "a cascade", old: steps("hit FROM a\nhit RUN x\nhit RUN y"), cur: steps("hit FROM a\nmiss RUN x2\nmiss RUN y", timed(1, 2, 4)),
			run: 6, saved: 1, roots: []Root{{"s2", []string{"s2", "s3"}, 6}}},
		{name: "a shared cascade", old: steps("hit FROM a\nhit RUN x\nhit RUN y\nhit RUN z", alone(3), input(4, "s2")),
			cur: steps("hit FROM a\nmiss RUN x2\nmiss RUN y2\nmiss RUN z", alone(3), input(4, "s2"), timed(1, 2, 4, 8)),
			run: 14, saved: 1, roots: []Root{{"s3", []string{"s3", "s4"}, 12}, {"s2", []string{"s2", "s4"}, 10}}},
		{name: "a root in a cascade", old: steps("hit FROM a\nhit RUN x\nhit RUN y"), cur: steps("hit FROM a\nmiss RUN x2\nmiss RUN y2", timed(1, 2, 4)),
			run: 6, saved: 1, roots: []Root{{"s2", []string{"s2", "s3"}, 6}, {"s3", []string{"s3"}, 4}}},
		{name: "equal cost", old: steps("hit RUN x\nhit RUN y", alone(2)), cur: steps("miss RUN x2\nmiss RUN y2", alone(2)),
			run: 2, roots: []Root{{"s1", []string{"s1"}, 1}, {"s2", []string{"s2"}, 1}}},
		{name: "a shared operation", old: steps("hit FROM a\nhit RUN x\nhit RUN x\nhit RUN y"),
			cur: steps("hit FROM a\nmiss RUN x2\nmiss RUN x2\nmiss RUN y", share(2, 3), timed(1, 2, 2, 4)),
			run: 6, saved: 1, roots: []Root{{"s2", []string{"s2", "s3", "s4"}, 6}, {"s3", []string{"s3", "s4"}, 6}}},
		{name: "shared hits", old: steps("hit RUN x\nhit RUN x"), cur: steps("hit RUN x\nhit RUN x", share(1, 2), timed(2, 2)), saved: 2},
		{name: "first build", cur: steps("miss FROM a\nmiss RUN x", timed(1, 2)), run: 3,
			roots: []Root{{"s2", []string{"s2"}, 2}, {"s1", []string{"s1"}, 1}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := Compare(c.old, c.cur)
			if got.SecondsRun != c.run || got.SecondsSaved != c.saved {
				t.Errorf("run %v s, saved %v s, want %v and %v", got.SecondsRun, got.SecondsSaved, c.run, c.saved)
			}
			if diff := cmp.Diff(c.roots, got.Roots); diff != "" {
				t.Errorf("roots (-want +got)\n%s", diff)
			}
		})
	}
}
