package fix

import (
	"context"
	"fmt"

	"github.com/layerwise/layerwise/analyzer/lint/finding"
)

// maxPasses is how often a file is linted and mended. Fixes that wait for each
// other need as many passes as there are of them.
const maxPasses = 100

// Result is what mending came to.
type Result struct {
	Applied []finding.Finding // whose fixes were applied
	Refused []Refusal         // those that were still there at the end
	// Left is what is found after the last pass.
	Left []finding.Finding
}

// UnstableError says that fixes of a file did not come to an end. Nothing of what
// they did is left.
type UnstableError struct {
	Rules []string // of the fixes that were applied last
}

func (e *UnstableError) Error() string {
	return fmt.Sprintf("the fixes of %v come to no end, so that nothing was fixed; please report it with the file", e.Rules)
}

// Mend lints and applies fixes until there is nothing left to apply. look returns
// the findings in the texts that the tree holds, want says which fixes to apply.
// After an *UnstableError, the result has what was found at first.
func (t *Tree) Mend(ctx context.Context, look func() ([]finding.Finding, error), want func(*finding.Fix) bool) (Result, error) {
	before := t.snapshot()
	var r Result
	first, err := look()
	if err != nil {
		return r, err
	}
	r.Left = first
	var rules []string
	for range maxPasses {
		if err := ctx.Err(); err != nil {
			return r, err
		}
		var todo []finding.Finding
		for _, f := range r.Left {
			if f.Fix != nil && want(f.Fix) {
				todo = append(todo, f)
			}
		}
		p := t.Apply(todo)
		r.Refused = p.Refused
		if len(p.Applied) == 0 {
			return r, nil
		}
		r.Applied = append(r.Applied, p.Applied...)
		rules = rulesOf(p.Applied)
		if r.Left, err = look(); err != nil {
			return r, err
		}
	}
	t.restore(before)
	return Result{Left: first}, &UnstableError{Rules: rules}
}

func rulesOf(findings []finding.Finding) []string {
	seen := map[string]bool{}
	var rules []string
	for _, f := range findings {
		if !seen[f.Rule] {
			seen[f.Rule] = true
			rules = append(rules, f.Rule)
		}
	}
	return rules
}

func (t *Tree) snapshot() map[string][]byte {
	texts := map[string][]byte{}
	for name, f := range t.files {
		texts[name] = f.now
	}
	return texts
}

func (t *Tree) restore(texts map[string][]byte) {
	for name, f := range t.files {
		if text, ok := texts[name]; ok {
			f.set(text)
		} else {
			f.set(f.old)
		}
	}
}
