package lint

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/layerwise/layerwise/analyzer/lint/finding"
)

// PanicError is a mistake in a rule, which one file brought to light.
type PanicError struct {
	Rule, File string
	Value      any    // what the rule panicked with
	Stack      []byte // where
}

func (e *PanicError) Error() string {
	return fmt.Sprintf("internal error: rule %s failed on %s: %v; please report it with the file", e.Rule, e.File, e.Value)
}

// Run looks at one file with the rules given, and returns what they found, in the
// order of the file. A rule that panics adds a *PanicError to the error; what the
// others found is returned all the same. Cancelling stops it between two rules.
func Run(ctx context.Context, s *Subject, rules []*Rule) ([]finding.Finding, error) {
	var all []finding.Finding
	var failed []error
	for _, r := range rules {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if r.Check == nil {
			continue
		}
		if err := s.check(r, &all); err != nil {
			failed = append(failed, err)
		}
	}
	sortFindings(all)
	return all, errors.Join(failed...)
}

// check looks for one rule.
func (s *Subject) check(r *Rule, all *[]finding.Finding) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Rule: r.ID, File: s.Path, Value: v, Stack: debug.Stack()}
		}
	}()
	r.Check(&Pass{Subject: s, report: func(f finding.Finding) {
		*all = append(*all, r.complete(f, s.Path))
	}})
	return nil
}

// complete fills in what a rule's findings have in common.
func (r *Rule) complete(f finding.Finding, file string) finding.Finding {
	f.Rule, f.File, f.Basis, f.URL = r.ID, file, finding.Static, r.URL
	if f.Severity == "" {
		f.Severity = r.Severity
	}
	return f
}

func sortFindings(all []finding.Finding) {
	slices.SortStableFunc(all, func(a, b finding.Finding) int {
		return cmp.Or(a.Line-b.Line, a.Column-b.Column, strings.Compare(a.Rule, b.Rule))
	})
}
