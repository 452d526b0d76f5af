package explain

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/layerwise/layerwise/analyzer/record"
)

// TestAtLeast sums up times of which some are not known.
func TestAtLeast(t *testing.T) {
	forget := func(line int) func(*record.Record) {
		return func(r *record.Record) { r.Steps[line-1].LastRunSeconds = nil }
	}
	would := func(r *record.Record) {
		for i := range r.Steps {
			if s := &r.Steps[i]; s.Outcome == record.Run && s.Seconds > 0 {
				seconds := s.Seconds
				s.Seconds, s.LastRunSeconds = 0, &seconds
			}
		}
	}
	old := steps("hit FROM a\nhit RUN x\nhit RUN y")
	for _, c := range []struct {
		name       string
		cur        *record.Record
		run, saved bool
	}{
		{"all known", steps("hit FROM a\nrun RUN x2\nrun RUN y", timed(1, 2, 4), would), false, false},
		{"a hit is not", steps("hit FROM a\nrun RUN x2\nrun RUN y", timed(1, 2, 4), would, forget(1)), false, true},
		{"what would run is not", steps("hit FROM a\nrun RUN x2\nrun RUN y", timed(1, 2, 4), would, forget(3)), true, false},
		{"what ran is", steps("hit FROM a\nmiss RUN x2\nmiss RUN y", timed(1, 2, 4)), false, false},
	} {
		got := Compare(old, c.cur)
		if got.RunAtLeast != c.run || got.SavedAtLeast != c.saved {
			t.Errorf("%s: at least %v and %v, want %v and %v", c.name, got.RunAtLeast, got.SavedAtLeast, c.run, c.saved)
		}
		if len(got.Roots) == 1 && got.Roots[0].AtLeast != c.run {
			t.Errorf("%s: root %+v", c.name, got.Roots[0])
		}
	}
}

// TestImagePulledOnce gives several FROMs one image: it was pulled once.
func TestImagePulledOnce(t *testing.T) {
	image := func(r *record.Record) {
		for i, name := range []string{"docker.io/library/a:1", "docker.io/library/a:2", "docker.io/library/a:1"} {
			v := &r.Steps[i].Vertices[0]
			v.Digest, v.Op = name, record.Op{Kind: "source", Fields: map[string]string{"identifier": "docker-image://" + name + "@sha256:1"}}
			v.Inputs = nil
		}
	}
	text := "hit FROM a:1\nhit FROM a:2\nhit FROM a:1"
	got := Compare(steps(text, image), steps(text, image, timed(2, 2, 2)))
	if got.SecondsSaved != 2 || len(got.Saved) != 1 || got.Saved["s1"] != 2 || got.SharedWith["s2"] != "s1" || got.SharedWith["s3"] != "s1" {
		t.Errorf("saved %v s, %v, shared %v", got.SecondsSaved, got.Saved, got.SharedWith)
	}
	text = "miss FROM a:1\nmiss FROM a:2\nmiss FROM a:1"
	if got := Compare(nil, steps(text, image, timed(2, 2, 2))); got.SecondsRun != 2 {
		t.Errorf("ran for %v s, want 2", got.SecondsRun)
	}
}

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
			run: 6, saved: 1, roots: []Root{{"s2", []string{"s2", "s3"}, 6, false}}},
		{name: "a shared cascade", old: steps("hit FROM a\nhit RUN x\nhit RUN y\nhit RUN z", alone(3), input(4, "s2")),
			cur: steps("hit FROM a\nmiss RUN x2\nmiss RUN y2\nmiss RUN z", alone(3), input(4, "s2"), timed(1, 2, 4, 8)),
			run: 14, saved: 1, roots: []Root{{"s3", []string{"s3", "s4"}, 12, false}, {"s2", []string{"s2", "s4"}, 10, false}}},
		{name: "a root in a cascade", old: steps("hit FROM a\nhit RUN x\nhit RUN y"), cur: steps("hit FROM a\nmiss RUN x2\nmiss RUN y2", timed(1, 2, 4)),
			run: 6, saved: 1, roots: []Root{{"s2", []string{"s2", "s3"}, 6, false}, {"s3", []string{"s3"}, 4, false}}},
		{name: "equal cost", old: steps("hit RUN x\nhit RUN y", alone(2)), cur: steps("miss RUN x2\nmiss RUN y2", alone(2)),
			run: 2, roots: []Root{{"s1", []string{"s1"}, 1, false}, {"s2", []string{"s2"}, 1, false}}},
		{name: "a shared operation", old: steps("hit FROM a\nhit RUN x\nhit RUN x\nhit RUN y"),
			cur: steps("hit FROM a\nmiss RUN x2\nmiss RUN x2\nmiss RUN y", share(2, 3), timed(1, 2, 2, 4)),
			run: 6, saved: 1, roots: []Root{{"s2", []string{"s2", "s3", "s4"}, 6, false}, {"s3", []string{"s3", "s4"}, 6, false}}},
		{name: "shared hits", old: steps("hit RUN x\nhit RUN x"), cur: steps("hit RUN x\nhit RUN x", share(1, 2), timed(2, 2)), saved: 2},
		{name: "hits that share an operation save once, by whom knows", old: steps("hit RUN x\nhit RUN x"),
			cur: steps("hit RUN x\nhit RUN x", share(1, 2), timed(2, 2), func(r *record.Record) { r.Steps[0].LastRunSeconds = nil }), saved: 2},
		{name: "first build", cur: steps("miss FROM a\nmiss RUN x", timed(1, 2)), run: 3,
			roots: []Root{{"s2", []string{"s2"}, 2, false}, {"s1", []string{"s1"}, 1, false}}},
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
