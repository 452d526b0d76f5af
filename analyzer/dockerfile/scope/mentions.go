package scope

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
)

// Mentions returns the variables that BuildKit's frontend replaces in an
// instruction, sorted: all of them, and those that nothing sets, which it replaces
// by nothing. What it leaves to a shell is not among them.
func (v View) Mentions(in *dockerfile.Instruction) (all, unset []string) {
	names, empty := map[string]bool{}, map[string]bool{}
	for _, word := range replaced(in) {
		found, unmatched := v.names(word)
		for _, name := range found {
			names[name] = true
		}
		for name := range unmatched {
			if !hasAlternative(word, name) {
				empty[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names)), slices.Sorted(maps.Keys(empty))
}

// names are the variables that BuildKit asks for when it replaces those of a word, in
// order, each once, and those that nothing sets; none for a word that it refuses.
func (v View) names(word string) (all []string, unmatched map[string]struct{}) {
	if !strings.Contains(word, "$") || !utf8.ValidString(word) {
		return nil, nil
	}
	env := &asked{variable: v.vars}
	res, err := v.lex.ProcessWordWithMatches(word, env)
	if err != nil {
		return nil, nil
	}
	return env.names, res.Unmatched
}

// reference is what a shell, or the frontend, replaces by a variable's value.
var reference = regexp.MustCompile(`(\\?)\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*))`)

// Referred lists the variables that a text refers to, in order, each once, whether
// the frontend replaces them or a shell does.
func Referred(text string) []string {
	var names []string
	for _, m := range reference.FindAllStringSubmatch(text, -1) {
		if name := m[2] + m[3]; m[1] == "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// hasAlternative says that a word says what stands for a variable that is not set:
// ${NAME:-this}, or an error.
func hasAlternative(word, name string) bool {
	for {
		_, rest, found := strings.Cut(word, "${"+name)
		if !found {
			return false
		}
		if rest = strings.TrimPrefix(rest, ":"); rest != "" && strings.ContainsRune("-+?", rune(rest[0])) {
			return true
		}
		word = rest
	}
}

// asked notes which variables are asked for, in order.
type asked struct {
	*variable
	names []string
}

func (a *asked) Get(name string) (string, bool) {
	if !slices.Contains(a.names, name) {
		a.names = append(a.names, name)
	}
	return a.variable.Get(name)
}

// replaced are the words of an instruction in which variables are replaced.
func replaced(in *dockerfile.Instruction) []string {
	if in.From != nil {
		return []string{in.From.BaseName, in.From.Platform}
	}
	var words []string
	if in.Keyword == "RUN" { // its flags; the command is the shell's
		for _, flag := range in.Flags {
			if strings.HasPrefix(flag, "--mount=") {
				words = append(words, flag)
			}
		}
		return words
	}
	keep := func(word string) (string, error) {
		words = append(words, word)
		return word, nil // so that the command stays as it is
	}
	if c, ok := in.Command.(instructions.SupportsSingleWordExpansion); ok && c.Expand(keep) != nil {
		return nil
	}
	if c, ok := in.Command.(instructions.SupportsSingleWordExpansionRaw); ok && c.ExpandRaw(keep) != nil {
		return nil
	}
	return words
}
