package explain

import (
	"strings"

	"github.com/layerwise/layerwise/analyzer/record"
)

// line is an instruction as alignment sees it.
type line struct {
	keyword string
	text    string // normalized
}

func (s *side) lines(steps []int) []line {
	out := make([]line, 0, len(steps))
	for _, i := range steps {
		out = append(out, line{s.steps[i].Instruction, normalized(&s.steps[i])})
	}
	return out
}

// normalized is an instruction's text on one line, without what does not enter
// the build: the comments inside it, the kind of white space, the name that a
// FROM gives its stage.
func normalized(step *record.Step) string {
	text := step.Written()
	if name := step.Read().Stage; name != "" {
		if before, ok := strings.CutSuffix(text, name); ok {
			before = strings.TrimSpace(before)
			text = strings.TrimSpace(before[:max(0, len(before)-len("AS"))])
		}
	}
	return text
}

// shown is an instruction as it is after expansion, on one line; one with a
// heredoc, of which BuildKit tells the first words only, is as it was written.
func shown(step *record.Step) string {
	if step.Expanded != "" && !step.Read().Heredoc {
		return step.Expanded
	}
	return step.Written()
}
