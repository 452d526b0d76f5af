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
