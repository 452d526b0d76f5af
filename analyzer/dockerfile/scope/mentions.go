package scope

import (
	"maps"
	"slices"
	"strings"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
)

// Mentions returns the variables that BuildKit's frontend replaces in an
// instruction, sorted: all of them, and those that nothing sets, which it replaces
// by nothing. What it leaves to a shell is not among them.
func (v View) Mentions(in *dockerfile.Instruction) (all, unset []string) {
	env := asked{v.vars, map[string]bool{}}
	empty := map[string]bool{}
	for _, word := range replaced(in) {
		res, err := v.lex.ProcessWordWithMatches(word, env)
		if err != nil {
			continue // the frontend refuses it
		}
		for name := range res.Unmatched {
			if !hasAlternative(word, name) {
				empty[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(env.names)), slices.Sorted(maps.Keys(empty))
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

// asked notes which variables are asked for.
type asked struct {
	*variable
	names map[string]bool
}

func (a asked) Get(name string) (string, bool) {
	a.names[name] = true
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
