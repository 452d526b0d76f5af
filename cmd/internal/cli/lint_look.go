package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/baseline"
	"github.com/layerwise/layerwise/analyzer/lint/config"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
	"github.com/layerwise/layerwise/analyzer/lint/pragma"
	"github.com/layerwise/layerwise/report"
)

// look lints all files and keeps what is to be reported.
func (l *linting) look(ctx context.Context) error {
	inputs := make([]lint.Input, len(l.files))
	for i, f := range l.files {
		inputs[i] = l.input(f)
	}
	i := 0
	err := lint.Files(ctx, inputs, func(r lint.Result) error {
		f := l.files[i]
		i++
		if r.Err != nil {
			l.failed = append(l.failed, r.Err)
		}
		for _, one := range l.judge(f, r, &l.marker) {
			l.keep(f.threshold, one)
		}
		return nil
	})
	if err != nil {
		return err
	}
	l.lookAtProblems()
	for _, t := range config.Thresholds() {
		if err := gate(l.gated[t], string(t)); err != nil {
			l.failed = append(l.failed, err)
		}
	}
	return nil
}

// judged is a finding with what is said of it.
type judged struct {
	finding.Finding
	entry baseline.Entry
	known bool   // is in the baseline
	shown []byte // the file, nil where its lines hold a secret
	muted bool   // so does the fix
}

// judge returns the findings in one file that no comment ignores.
func (l *linting) judge(f *lintFile, r lint.Result, marker *baseline.Marker) []judged {
	findings := r.Findings
	if r.File != nil && len(r.File.Comments) > 0 {
		comments := pragma.Parse(r.File, l.registry.names())
		findings = slices.DeleteFunc(findings, comments.Ignores)
		about := comments.Findings(f.ran)
		for i := range about {
			rule := f.rule(about[i].Rule)
			about[i].File, about[i].Severity, about[i].URL = f.path, rule.Severity, rule.URL
		}
		findings = append(findings, about...)
		slices.SortStableFunc(findings, func(a, b finding.Finding) int { return cmp.Compare(a.Line, b.Line) })
	}
	hidden := l.registry.secretLines(findings)
	name := f.path
	if l.base != nil {
		name = l.base.Name(f.path)
	}
	var all []judged
	for _, one := range findings {
		j := judged{Finding: one, shown: r.Source}
		if hidden(one.Span) {
			j.shown = nil
		}
		j.muted = one.Fix != nil && slices.ContainsFunc(one.Fix.Edits, func(e finding.Edit) bool { return e.File == f.path && hidden(e.Span) })
		j.entry = baseline.Entry{File: name, Rule: one.Rule,
			Fingerprint: marker.Mark(name, one.Rule, baseline.Text(r.File, r.Source, one.Span))}
		j.known = l.base != nil && l.base.Has(j.entry)
		all = append(all, j)
	}
	return all
}

// secretLines says which places hold a secret.
func (r *registry) secretLines(findings []finding.Finding) func(finding.Span) bool {
	var spans []finding.Span
	for _, f := range findings {
		if rule := r.byID[f.Rule]; rule != nil && rule.ShowsSecrets {
			spans = append(spans, f.Span)
		}
	}
	return func(at finding.Span) bool {
		return slices.ContainsFunc(spans, func(s finding.Span) bool {
			return at.Line <= max(s.EndLine, s.Line) && s.Line <= max(at.EndLine, at.Line)
		})
	}
}

// keep adds a finding to the report, unless the baseline has it.
func (l *linting) keep(threshold config.Threshold, j judged) {
	if l.base != nil {
		if j.known || l.update {
			l.base.Found(j.entry)
			return
		}
	}
	if j.muted {
		j.Fix = nil // --fix knows it all the same
	}
	f := report.FromFinding(j.Finding, j.shown)
	f.Fingerprint = j.entry.Fingerprint
	l.findings = append(l.findings, f)
	if threshold.Reached(j.Severity) {
		l.gated[threshold]++
	}
}

// lookAtProblems reports folders and files that could not be searched.
func (l *linting) lookAtProblems() {
	const unreadable = "unreadable-file"
	f := &lintFile{rules: l.chosen.rules(nil), threshold: config.Threshold(finding.Warning)}
	if l.failOn != "" {
		f.threshold = config.Threshold(l.failOn)
	}
	rule := f.rule(unreadable)
	if rule == nil {
		return
	}
	for _, p := range l.problems {
		f.path = p.Path
		message := "cannot be searched: " + p.Err.Error()
		if strings.HasSuffix(p.Path, ".gitignore") {
			message = "cannot be read: " + p.Err.Error()
		}
		one := finding.Finding{Rule: rule.ID, Severity: rule.Severity, File: p.Path, Message: message, Basis: finding.Static, URL: rule.URL}
		for _, j := range l.judge(f, lint.Result{Findings: []finding.Finding{one}}, &l.marker) {
			l.keep(f.threshold, j)
		}
	}
}

// openBaseline reads the findings that are known.
func (l *linting) openBaseline() error {
	if l.baseline == "" {
		return nil
	}
	base, err := baseline.Read(l.baseline)
	if errors.Is(err, fs.ErrNotExist) && l.update {
		base, err = baseline.New(l.baseline), nil
	} else if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("there is no baseline %s; --update-baseline makes it", l.baseline)
	}
	l.base = base
	return err
}

// finishBaseline writes the baseline where that is asked for, and says where it is
// out of date.
func (l *linting) finishBaseline() error {
	if l.base == nil {
		return nil
	}
	files := map[string]*lintFile{}
	for _, f := range l.files {
		files[l.base.Name(f.path)] = f
	}
	stale := l.base.Stale(func(e baseline.Entry) bool {
		f := files[e.File]
		return f != nil && (f.ran(e.Rule) || !l.registry.known(e.Rule))
	})
	if !l.update {
		if len(stale) > 0 {
			l.note("%s in %s %s gone; --update-baseline drops %s", counted(len(stale), "finding"), l.baseline,
				plural(len(stale), "is", "are"), plural(len(stale), "it", "them"))
		}
		return nil
	}
	l.base.Drop(stale)
	if err := l.base.Write(); err != nil {
		return err
	}
	l.note("%s has %s now, and lost %d that %s gone", l.baseline, counted(l.base.Len(), "finding"), len(stale), plural(len(stale), "is", "are"))
	return nil
}

// note says something beside the report.
func (l *linting) note(format string, args ...any) {
	fmt.Fprintln(l.streams.Err, clean(fmt.Sprintf(format, args...)))
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
