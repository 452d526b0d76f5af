package driver

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
	"github.com/layerwise/layerwise/analyzer/lint/internal/baseline"
	"github.com/layerwise/layerwise/analyzer/lint/internal/discover"
	"github.com/layerwise/layerwise/analyzer/lint/internal/pragma"
	"github.com/layerwise/layerwise/analyzer/record"
)

// Finding is a finding with what is to be known of it.
type Finding struct {
	finding.Finding
	Fingerprint string // the same while lines move, and another for each finding
	// Secret says that a line of the finding holds a secret, SecretFix that one does
	// that its fix edits, or that what it writes has the form of one. What is shown where the file is not repeats neither.
	Secret, SecretFix bool
}

// Result is what was found in one file.
type Result struct {
	Path     string    // as findings name it
	Findings []Finding // in the order of the file
	Source   []byte    // nil where it could not be read
	FailOn   finding.Threshold
	// Err is what went wrong with the rules themselves: one or several
	// *lint.PanicError.
	Err error
}

// Look looks at all files, on all processors, and hands what it found to yield, one
// file after the other, in their order. Folders and ignore files that could not be
// read follow; they are findings, as are files that cannot be read or parsed. It
// ends when yield fails, with its error, or when the context does.
func (r *Run) Look(ctx context.Context, yield func(Result) error) error {
	inputs := make([]lint.Input, len(r.files))
	for i, f := range r.files {
		inputs[i] = r.input(f, r.Text)
	}
	i := 0
	err := lint.Files(ctx, inputs, func(found lint.Result) error {
		f := r.files[i]
		i++
		return yield(r.result(f, found))
	})
	if err != nil {
		return err
	}
	for _, p := range r.problems {
		if f, found := r.problem(p); f != nil {
			if err := yield(r.result(f, found)); err != nil {
				return err
			}
		}
	}
	return nil
}

// input is what lint wants to know of a file. It looks at what fixes made so far.
func (r *Run) input(f *file, read func(path string) ([]byte, error)) lint.Input {
	return lint.Input{
		Path: f.path, Rules: f.rules,
		Read: func() ([]byte, error) { return read(f.path) },
		Context: func(s *lint.Subject) *lint.Context {
			c := r.buildContext(f, s)
			if c != nil && (r.tree != nil || len(r.overlay) > 0) {
				c.Overlay(r.unsaved)
			}
			return c
		},
	}
}

// unsaved is what a file holds that is not on the disk.
func (r *Run) unsaved(path string) (text []byte, found bool) {
	if r.tree != nil {
		if text, changed := r.tree.Changed(path); changed {
			return text, true
		}
	}
	return r.overlay.text(path)
}

// result is what is to be reported of a file; what the baseline has is not.
func (r *Run) result(f *file, found lint.Result) Result {
	out := Result{Path: f.path, Source: found.Source, FailOn: f.threshold, Err: found.Err}
	for _, j := range r.judge(f, found, &r.marker) {
		switch {
		case j.known || r.base != nil && r.options.UpdateBaseline:
			r.base.Found(j.entry)
		default:
			out.Findings = append(out.Findings, j.Finding)
		}
	}
	return out
}

// judged is a finding with its place in the baseline.
type judged struct {
	Finding
	entry baseline.Entry
	known bool // it is there
}

// judge returns the findings in one file that no comment ignores.
func (r *Run) judge(f *file, found lint.Result, marker *baseline.Marker) []judged {
	findings := r.heed(f, found)
	hidden := secretLines(r.index, findings)
	name := f.path
	if r.base != nil {
		name = r.base.Name(f.path)
	}
	all := make([]judged, 0, len(findings))
	for _, one := range findings {
		j := judged{Finding: Finding{Finding: one, Secret: hidden(one.Span)}}
		j.SecretFix = one.Fix != nil && slices.ContainsFunc(one.Fix.Edits, func(e finding.Edit) bool {
			return e.File == f.path && hidden(e.Span) || record.Mask(e.Text) != e.Text
		})
		j.Fingerprint = marker.Mark(name, one.Rule, baseline.Text(found.File, found.Source, one.Span))
		j.entry = baseline.Entry{File: name, Rule: one.Rule, Fingerprint: j.Fingerprint}
		j.known = r.base != nil && r.base.Has(j.entry)
		all = append(all, j)
	}
	return all
}

// heed leaves out what comments ask to leave out, and adds what is wrong with them.
func (r *Run) heed(f *file, found lint.Result) []finding.Finding {
	if found.File == nil || len(found.File.Comments) == 0 {
		return found.Findings
	}
	comments := pragma.Parse(found.File, pragma.Names{Known: r.index.Known, Hadolint: r.index.Hadolint})
	findings := slices.DeleteFunc(found.Findings, comments.Ignores)
	about := comments.Findings(f.ran)
	for i := range about {
		rule := f.rule(about[i].Rule)
		about[i].File, about[i].Severity, about[i].URL = f.path, rule.Severity, rule.URL
	}
	findings = append(findings, about...)
	slices.SortStableFunc(findings, func(a, b finding.Finding) int { return cmp.Compare(a.Line, b.Line) })
	return findings
}

// problem is the finding that a place could not be searched, nil where nobody looks
// for that.
func (r *Run) problem(p discover.Problem) (*file, lint.Result) {
	const unreadable = "unreadable-file"
	f := &file{path: p.Path, rules: r.chosen.rules(nil), threshold: finding.Threshold(finding.Warning)}
	if r.options.FailOn != "" {
		f.threshold = r.options.FailOn
	}
	rule := f.rule(unreadable)
	if rule == nil {
		return nil, lint.Result{}
	}
	message := "cannot be searched: " + p.Err.Error()
	if strings.HasSuffix(p.Path, ".gitignore") {
		message = "cannot be read: " + p.Err.Error()
	}
	return f, lint.Result{Findings: []finding.Finding{{Rule: rule.ID, Severity: rule.Severity, File: p.Path, Message: message,
		Basis: finding.Static, URL: rule.URL}}}
}
