package explain

import (
	"testing"

	"github.com/layerwise/layerwise/analyzer/record"
)

func TestCarryForward(t *testing.T) {
	known := record.Input{Step: "s2", Hashed: true, Content: "sha256:1", Files: map[string]string{"/a": "1"}}
	empty := record.Input{Step: "s2", Hashed: true}
	text := "hit FROM a\nhit RUN x\nhit COPY /a /"
	other := empty
	other.Selectors = []record.Selector{{Path: "/b"}}
	cases := []struct {
		name           string
		old, cur       *record.Record
		time, contents bool // that are taken over
	}{
		{"a hit", steps(text, takes(3, known), timed(1, 2, 4)), steps(text, takes(3, empty)), true, true},
		{"a line inserted above", steps(text, takes(3, known), timed(1, 2, 4)),
			steps("hit FROM a\nhit RUN n\nhit RUN x\nhit COPY /a /", takes(4, record.Input{Step: "s3", Hashed: true})), true, false},
		{"a miss", steps(text, takes(3, known), timed(1, 2, 4)), steps("hit FROM a\nhit RUN x\nmiss COPY /a /", takes(3, empty)), false, false},
		{"not reached", steps(text, takes(3, known), timed(1, 2, 4)), steps("hit FROM a\nfailed RUN x\nnot-run COPY /a /", takes(3, empty)), true, false},
		{"another text", steps(text, takes(3, known), timed(1, 2, 4)), steps("hit FROM a\nhit RUN x\nhit COPY /a /b", takes(3, empty)), false, true},
		{"other files", steps(text, takes(3, known), timed(1, 2, 4)), steps(text, takes(3, other)), true, false},
		{"another maker", steps(text, takes(3, known), timed(1, 2, 4)), steps("hit FROM a\nhit RUN y\nhit COPY /a /", takes(3, empty)), true, false},
		{"nothing known", steps(text, takes(3, empty)), steps(text, takes(3, empty)), false, false},
		{"no older record", nil, steps(text, takes(3, empty)), false, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			CarryForward(c.old, c.cur)
			last := &c.cur.Steps[len(c.cur.Steps)-1]
			if got := last.LastRunSeconds != nil; got != c.time {
				t.Errorf("time taken over: %v, want %v", got, c.time)
			} else if got && *last.LastRunSeconds != 4 {
				t.Errorf("%v s, want 4", *last.LastRunSeconds)
			}
			in := last.Vertices[0].Inputs[1]
			if in.Carried != c.contents || (in.Content == "sha256:1") != c.contents || (in.Files["/a"] == "1") != c.contents {
				t.Errorf("content %+v, want it taken over: %v", in, c.contents)
			}
		})
	}
	CarryForward(steps(text), nil)
}

// TestPastRuns follows the time of instructions through builds that fail before
// them, that cancel them, and that have others in their place.
func TestPastRuns(t *testing.T) {
	first := steps("miss FROM a\nmiss RUN x\nmiss RUN y", timed(1, 2, 4))
	for i := range first.Steps {
		first.Steps[i].LastRunSeconds = &[]float64{1, 2, 4}[i]
	}
	records := []*record.Record{first,
		steps("canceled FROM a\nfailed RUN x\nnot-run RUN y"),
		steps("hit FROM b\nhit RUN z\nhit RUN y2"),
		steps("hit FROM b\nfailed RUN q"),
		steps("hit FROM a\nhit RUN x\nhit RUN y"),
	}
	for i, r := range records[1:] {
		CarryForward(records[i], r)
	}
	for i, want := range []float64{1, 2, 4} {
		if got := records[4].Steps[i].LastRunSeconds; got == nil || *got != want {
			t.Errorf("line %d: %v, want %v s", i+1, got, want)
		}
	}
	for _, s := range records[2].Steps {
		if s.LastRunSeconds != nil {
			t.Errorf("%s: %v s, want none: nobody has run it", s.Text, *s.LastRunSeconds)
		}
	}
	if len(records[4].PastRuns) != 0 {
		t.Errorf("past runs of what is there: %v", records[4].PastRuns)
	}
}

// TestCarriedOn follows a content through builds that had no need for it.
func TestCarriedOn(t *testing.T) {
	old, cur := play([][]edit{{}, {}, {file("main.go", "y")}})
	for _, c := range Compare(old, cur).Causes["linux/amd64 stage-1 1"] {
		if c.Kind == StageOutputChanged && len(c.Files) == 1 && c.Files[0].Path == "/src/out/app" {
			return
		}
	}
	t.Errorf("causes are %v, want a changed file of the stage", Compare(old, cur).Causes["linux/amd64 stage-1 1"])
}
