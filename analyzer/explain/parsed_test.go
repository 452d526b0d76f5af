package explain

import (
	"strings"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	followed "github.com/layerwise/layerwise/analyzer/dockerfile/scope"
	"github.com/layerwise/layerwise/analyzer/plan"
	"github.com/layerwise/layerwise/analyzer/record"
)

// read fills what a plan would have read in the steps of a record, as far as they
// make up a file.
func read(rec *record.Record) {
	var text strings.Builder
	if len(rec.Steps) > 0 && rec.Steps[0].Instruction != "FROM" && rec.Steps[0].StageIndex >= 0 {
		text.WriteString("FROM scratch\n")
	}
	var steps []*record.Step
	for i := range rec.Steps {
		if s := &rec.Steps[i]; !s.Trigger && s.Platform == rec.Steps[0].Platform {
			steps = append(steps, s)
			text.WriteString(s.Text + "\n")
			if strings.Contains(s.Text, "<<EOF") && !strings.Contains(s.Text, "\n") {
				text.WriteString("EOF\n")
			}
		}
	}
	f, err := dockerfile.Parse("Dockerfile", []byte(text.String()))
	if err != nil {
		return
	}
	scopes, err := followed.New(f, followed.Options{Args: rec.BuildArgs})
	if err != nil || scopes.Follow() != nil {
		return
	}
	all := f.All()
	all = all[len(all)-len(steps):]
	for i, in := range all {
		sees := scopes.At(in)
		p := plan.Parsed(f, scopes, in, sees)
		if in.From != nil {
			sees = scopes.Globals()
		}
		steps[i].Parsed = &p
		steps[i].Mentions, steps[i].Unset = sees.Mentions(in)
	}
}
