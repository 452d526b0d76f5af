package predict

import (
	"slices"
	"strings"
	"testing"

	"github.com/layerwise/layerwise/analyzer/record"
)

// outcomes sets those of all steps, a letter each.
func outcomes(rec *record.Record, letters string) *record.Record {
	for i, c := range letters {
		rec.Steps[i].Outcome = map[rune]record.Outcome{'h': record.Hit, 'r': record.Run, 'u': record.Undecided, 'm': record.Miss,
			'f': record.StepFailed, 'n': record.NotRun, 'c': record.StepCanceled, '-': record.None}[c]
		for j := range rec.Steps[i].Vertices {
			rec.Steps[i].Vertices[j].Ran = strings.ContainsRune("mf", c)
		}
	}
	return rec
}

func TestCheck(t *testing.T) {
	plan := []string{"base=1", "copy=a", "run=b", "run=c"}
	tests := []struct {
		name, said, became string
		checked            int
		wrong              []string
	}{
		{"all right", "hhrr", "hhmm", 4, nil},
		{"undecided is no verdict", "huuu", "hhmm", 1, nil},
		{"a hit that ran", "hhhh", "hhmm", 4, []string{"line 3 run=b would be a hit; it ran", "line 4 run=c would be a hit; it ran"}},
		{"a run that hit", "hhrr", "hhhm", 4, []string{"line 3 run=b would run; it was a hit"}},
		{"failed while it ran", "hhrr", "hhfn", 1, nil},
		{"failed, and was said to hit", "hhhh", "hhfn", 1, []string{"line 3 run=b would be a hit; it ran"}},
		{"not reached", "hrrr", "hmcn", 1, nil},
		{"nothing to run", "-hhh", "-hhh", 3, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			built := outcomes(drawn(plan...), tt.became)
			if strings.ContainsAny(tt.became, "fc") {
				built.Result = record.Failed
			}
			wrong, checked, ok := Check(outcomes(drawn(plan...), tt.said), built)
			var got []string
			for _, w := range wrong {
				got = append(got, w.String())
			}
			if !ok || checked != tt.checked || !slices.Equal(got, tt.wrong) {
				t.Errorf("%v, %d checked: %q, want %d: %q", ok, checked, got, tt.checked, tt.wrong)
			}
		})
	}
}

// TestCheckOther says for which builds a prediction was not made.
func TestCheckOther(t *testing.T) {
	plan := []string{"base=1", "copy=a", "run=b"}
	for name, change := range map[string]func(*record.Record){
		"engine":     func(r *record.Record) { r.Engine.CacheID = "other" },
		"argument":   func(r *record.Record) { r.BuildArgs = map[string]string{"A": "1"} },
		"import":     func(r *record.Record) { r.CacheImports = true },
		"file":       func(r *record.Record) { r.Steps[1].Vertices[0].Inputs[1].Content = "x" },
		"Dockerfile": func(r *record.Record) { r.Steps[2].Text = "RUN x" },
		"fewer":      func(r *record.Record) { r.Steps = r.Steps[:2] },
		"base":       func(r *record.Record) { r.Steps[0].Vertices[0].Op.Fields["identifier"] = "docker-image://image@2" },
		"operation":  func(r *record.Record) { r.Steps[2].Vertices[0].Op.Fields["user"] = "x" },
		"no cache":   func(r *record.Record) { r.Steps[2].Vertices[0].NoCache = true },
	} {
		built := outcomes(drawn(plan...), "mmm")
		change(built)
		if wrong, _, ok := Check(outcomes(drawn(plan...), "hhh"), built); ok || wrong != nil {
			t.Errorf("another %s: %v, %v", name, wrong, ok)
		}
	}
	same := outcomes(drawn(plan...), "mmm")
	same.Steps[2].Vertices[0].Digest = "another"
	if _, _, ok := Check(outcomes(drawn(plan...), "hhh"), same); !ok {
		t.Error("the digest of an operation is of one build alone")
	}
}

func TestWrongIsOneShortLine(t *testing.T) {
	w := Wrong{Step: &record.Step{Line: 6, Text: "RUN <<end\n" + strings.Repeat("x", 300)}, Predicted: record.Hit, Became: record.Miss}
	if got, want := w.String(), "line 6 RUN <<end… would be a hit; it ran"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	w.Step.Text = "RUN " + strings.Repeat("x", 300)
	if got := w.String(); len([]rune(got)) > 110 {
		t.Errorf("long: %q", got)
	}
}
