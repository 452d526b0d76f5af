package explain

import (
	"regexp"
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
	text := oneLine(step.Text)
	if step.Instruction == "FROM" {
		text = stageName.ReplaceAllString(text, "")
	}
	return text
}

var stageName = regexp.MustCompile(`(?i) as \S+$`)

// oneLine joins an instruction's lines. The body of a heredoc keeps its line
// feeds: there they mean something.
func oneLine(text string) string {
	text = strings.ReplaceAll(strings.TrimSpace(text), "\r\n", "\n")
	if !strings.Contains(text, "\n") || strings.Contains(text, "<<") {
		return text
	}
	var out []string
	for l := range strings.SplitSeq(text, "\n") {
		l = strings.TrimSpace(l)
		if strings.HasPrefix(l, "#") {
			continue
		}
		l = strings.TrimRight(l, " \t")
		if cut, ok := strings.CutSuffix(l, `\`); ok {
			l = strings.TrimSpace(cut)
		}
		if l != "" {
			out = append(out, l)
		}
	}
	return strings.Join(out, " ")
}

// shown is an instruction as it is after expansion, on one line; one with a
// heredoc, of which BuildKit tells the first words only, is as it was written.
func shown(step *record.Step) string {
	if step.Expanded != "" && !hasHeredoc(step) {
		return step.Expanded
	}
	return oneLine(step.Text)
}

func hasHeredoc(step *record.Step) bool {
	return strings.Contains(step.Text, "<<") && strings.Contains(step.Text, "\n")
}

// arguments is an instruction's text without its keyword.
func arguments(step *record.Step) string {
	_, rest, _ := strings.Cut(oneLine(step.Text), " ")
	return strings.TrimSpace(rest)
}

var reference = regexp.MustCompile(`(\\?)\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*))`)

// plainReference is a variable alone, or with a default.
var plainReference = regexp.MustCompile(`\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\})`)

// mentions lists the variables that a text refers to, in order, each once.
func mentions(text string) []string {
	var names []string
	seen := map[string]bool{}
	for _, m := range reference.FindAllStringSubmatch(text, -1) {
		name := m[2] + m[3]
		if m[1] == "" && !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	return names
}

// assignments returns what an ENV or ARG sets, in order: "NAME=value" words, or
// the old form "ENV NAME value". An ARG without a default has no value.
func assignments(step *record.Step) []assignment {
	all := words(arguments(step))
	if len(all) == 0 {
		return nil
	}
	if _, _, ok := strings.Cut(all[0], "="); !ok && step.Instruction == "ENV" {
		return []assignment{{name: all[0], value: strings.Join(all[1:], " "), set: true}}
	}
	var out []assignment
	for _, w := range all {
		name, value, set := strings.Cut(w, "=")
		out = append(out, assignment{name, value, set})
	}
	return out
}

type assignment struct {
	name, value string
	set         bool
}

// words splits at white space outside quotes, and drops the quotes.
func words(text string) []string {
	var out []string
	var word strings.Builder
	quote, inWord := rune(0), false
	escaped := false
	for _, r := range text {
		switch {
		case escaped:
			word.WriteRune(r)
			escaped = false
		case r == '\\' && quote != '\'':
			escaped, inWord = true, true
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '"' || r == '\''):
			quote, inWord = r, true
		case quote == 0 && (r == ' ' || r == '\t' || r == '\n'):
			if inWord {
				out = append(out, word.String())
				word.Reset()
				inWord = false
			}
		default:
			word.WriteRune(r)
			inWord = true
		}
	}
	if inWord {
		out = append(out, word.String())
	}
	return out
}
