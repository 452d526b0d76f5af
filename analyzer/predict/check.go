package predict

import (
	"fmt"
	"maps"
	"slices"

	"github.com/layerwise/layerwise/analyzer/explain"
	"github.com/layerwise/layerwise/analyzer/record"
)

// Wrong is a verdict that the build proved wrong.
type Wrong struct {
	Step              *record.Step // as built
	Predicted, Became record.Outcome
}

// String says it in a line: "line 6 RUN make would be a hit; it ran".
func (w Wrong) String() string {
	said := "would be a hit"
	if w.Predicted == record.Run {
		said = "would run"
	}
	did := "it was a hit"
	if w.Became != record.Hit {
		did = "it ran"
	}
	return fmt.Sprintf("line %d %s %s; %s", w.Step.Line, firstLine(w.Step), said, did)
}

// Check compares a prediction with the build that followed. checked counts the
// verdicts that could be: a step that the build did not come to tells nothing, and
// an undecided one was no verdict. ok is false where the prediction was not made
// for this very build: another engine, other options, another Dockerfile, other
// files.
func Check(prediction, built *record.Record) (wrong []Wrong, checked int, ok bool) {
	if !isFor(prediction, built) {
		return nil, 0, false
	}
	for i := range built.Steps {
		said, s := prediction.Steps[i].Outcome, &built.Steps[i]
		if built.Result != record.Succeeded && (s.Outcome == record.Hit || s.Effect == record.EffectBase) {
			continue // of a build that did not get to its end this is not known well enough
		}
		ran := s.Outcome == record.Miss || s.Outcome == record.StepFailed && slices.ContainsFunc(s.Vertices, func(v record.Vertex) bool { return v.Ran })
		switch {
		case said != record.Hit && said != record.Run, s.Outcome != record.Hit && !ran:
			continue
		case (said == record.Run) != ran:
			wrong = append(wrong, Wrong{Step: s, Predicted: said, Became: s.Outcome})
		}
		checked++
	}
	return wrong, checked, true
}

// isFor says that a prediction was made for a build.
func isFor(p, built *record.Record) bool {
	return p.Engine.CacheID != "" && p.Engine.CacheID == built.Engine.CacheID && p.CacheImports == built.CacheImports &&
		maps.Equal(p.BuildArgs, built.BuildArgs) && slices.EqualFunc(p.Steps, built.Steps, sameStep)
}

// sameStep says that two plans have the same step: the same operations on the same
// inputs, as far as these are known before a build.
func sameStep(a, b record.Step) bool {
	return a.ID == b.ID && a.Text == b.Text && slices.EqualFunc(a.Vertices, b.Vertices, func(v, w record.Vertex) bool {
		return v.NoCache == w.NoCache && v.Op.Kind == w.Op.Kind && maps.Equal(v.Op.Fields, w.Op.Fields) && maps.Equal(v.Op.Env, w.Op.Env) &&
			slices.EqualFunc(v.Inputs, w.Inputs, sameInput)
	})
}

func sameInput(a, b record.Input) bool {
	if a.Step != b.Step || a.Source != b.Source || a.Hashed != b.Hashed || explain.SelectorsID(&a) != explain.SelectorsID(&b) {
		return false
	}
	return !a.IsLocal() || a.Content == b.Content
}

// firstLine is what an instruction is called in a message.
func firstLine(s *record.Step) string {
	const most = 60
	text := []rune(s.Text)
	if i := slices.Index(text, '\n'); i >= 0 {
		text = append(slices.Clone(text[:i]), '…')
	}
	if len(text) > most {
		text = append(slices.Clone(text[:most]), '…')
	}
	return string(text)
}
