package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/layerwise/layerwise/analyzer/lint/driver"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
	"github.com/layerwise/layerwise/analyzer/lint/rules"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/layerwise/layerwise/report"
)

// linting is one run of lint.
type linting struct {
	*lintCommand
	run   *driver.Run
	stdin string // what findings call standard input, "" where it is not linted

	findings []report.Finding
	gated    map[finding.Threshold]int // findings that reach it
	failed   []error                   // what the exit code says, when all is reported
}

// open reads what lint starts from.
func (c *lintCommand) open(ctx context.Context, args []string) (*linting, error) {
	l := &linting{lintCommand: c, gated: map[finding.Threshold]int{}}
	o := driver.Options{
		Config: c.config, Context: c.context, FailOn: finding.Threshold(c.failOn), Enable: c.enable, Disable: c.disable,
		Baseline: c.baseline, UpdateBaseline: c.update,
	}
	if err := o.Check(); err != nil {
		return nil, lintError(err)
	}
	if len(args) == 0 {
		args = []string{"."}
	}
	o.Paths = slices.Clone(args)
	if slices.Contains(args, driver.Unnamed) {
		text, err := readAll(c.streams.In)
		if err != nil {
			return nil, fmt.Errorf("cannot read standard input: %w", err)
		}
		l.stdin = driver.Unnamed
		if c.stdinFilename != "" {
			l.stdin = filepath.ToSlash(filepath.Clean(c.stdinFilename))
		}
		o.Overlay = map[string][]byte{l.stdin: text}
		o.Paths = slices.DeleteFunc(o.Paths, func(path string) bool { return path == driver.Unnamed })
		o.Paths = append([]string{l.stdin}, o.Paths...)
	}
	var err error
	if l.run, err = driver.Open(ctx, o); err != nil {
		return nil, lintError(err)
	}
	if n := l.run.Ignored(); n > 0 && len(l.run.Files()) == 0 {
		l.warn(fmt.Sprintf("nothing is linted: the configuration ignores %s", counted(n, "Dockerfile")))
	}
	return l, nil
}

// lintError says in terms of flags what is wrong.
func lintError(err error) error {
	var selection *driver.SelectionError
	var unknown *rules.UnknownError
	var none *driver.NoBaselineError
	switch {
	case errors.As(err, &selection) && errors.Is(err, driver.ErrContradiction):
		return usagef("--enable %s and --disable %s contradict each other", selection.ID, selection.ID)
	case errors.As(err, &selection) && errors.As(err, &unknown):
		flag := "--enable"
		if selection.Disabled {
			flag = "--disable"
		}
		return unknownRule(flag+" "+selection.ID, unknown)
	case errors.As(err, &none):
		return fmt.Errorf("%w; --update-baseline makes it", err)
	}
	return err
}

// unknownRule is a rule that somebody names and that does not exist.
func unknownRule(where string, err *rules.UnknownError) error {
	if len(err.Hadolint) == 0 && err.Like == "" {
		return usagef("%s: %w (layerwise lint --rules lists them)", where, err)
	}
	return usagef("%s: %w", where, err)
}

// look lints all files and keeps what is to be reported.
func (l *linting) look(ctx context.Context) error {
	err := l.run.Look(ctx, func(r driver.Result) error {
		if r.Err != nil {
			l.failed = append(l.failed, r.Err)
		}
		if len(r.Findings) > 0 && r.Source != nil {
			r.Source = []byte(record.Blank(string(r.Source)))
		}
		for _, f := range r.Findings {
			l.keep(f, r)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, t := range finding.Thresholds() {
		if err := gate(l.gated[t], string(t)); err != nil {
			l.failed = append(l.failed, err)
		}
	}
	return nil
}

// keep adds a finding to the report.
func (l *linting) keep(f driver.Finding, r driver.Result) {
	source := r.Source
	if f.Secret {
		source = nil
	}
	if f.SecretFix {
		f.Fix = nil // --fix knows it all the same
	}
	out := report.FromFinding(f.Finding, source)
	out.Fingerprint = f.Fingerprint
	l.findings = append(l.findings, out)
	if r.FailOn.Reached(f.Severity) {
		l.gated[r.FailOn]++
	}
}

// mend applies the fixes that are asked for, and writes the files where they are to
// be changed.
func (l *linting) mend(ctx context.Context) error {
	fixed, err := l.run.Fix(ctx, driver.FixOptions{Review: l.fix == string(finding.Review), Alone: l.stdin != ""})
	if err != nil {
		return err
	}
	applied := 0
	for _, f := range fixed {
		applied += len(f.Applied)
		if f.Unstable != nil {
			l.warn(fmt.Sprintf("%s: %v", f.Path, f.Unstable))
		}
		for _, refused := range f.Refused {
			l.warn(fmt.Sprintf("%s:%d: the fix of %s was not applied: %v", f.Path, refused.Finding.Line, refused.Finding.Rule, refused.Err))
		}
	}
	switch {
	case l.diff:
		return nil
	case l.stdin != "":
		text, err := l.run.Text(l.stdin)
		if err != nil {
			return err
		}
		_, err = l.streams.Out.Write(text)
		return err
	}
	changed := len(l.run.Changes())
	l.failed = append(l.failed, l.run.Write()...)
	if applied > 0 && len(l.failed) == 0 {
		l.note("fixed %s in %s", counted(applied, "finding"), counted(changed, "file"))
	}
	return nil
}

// finishDiff prints what fixes would change.
func (l *linting) finishDiff() error {
	changes := l.run.Changes()
	for _, c := range changes {
		text := c.Diff()
		if l.streams.OutTerminal {
			text = []byte(cleanLines(string(text)))
		}
		if _, err := l.streams.Out.Write(text); err != nil {
			return err
		}
	}
	if len(changes) > 0 && l.failOn != string(finding.None) {
		l.failed = append(l.failed, &gateError{counted(len(changes), "file") + " would be changed by fixes"})
	}
	return errors.Join(l.failed...)
}

// finishBaseline writes the baseline where that is asked for, and says where it is
// out of date.
func (l *linting) finishBaseline() error {
	if l.update {
		known, gone, err := l.run.WriteBaseline()
		if err != nil {
			return err
		}
		l.note("%s has %s now, and lost %d that %s gone", l.baseline, counted(known, "finding"), gone, plural(gone, "is", "are"))
		return nil
	}
	if gone := l.run.Stale(); gone > 0 {
		l.note("%s in %s %s gone; --update-baseline drops %s", counted(gone, "finding"), l.baseline,
			plural(gone, "is", "are"), plural(gone, "it", "them"))
	}
	return nil
}

// report makes the report of what was found.
func (l *linting) report() *report.Report {
	r := report.New(report.Lint, version())
	r.Findings = l.findings
	used := map[string]bool{}
	for _, f := range l.findings {
		used[f.Rule] = true
	}
	for _, rule := range rules.All() {
		if used[rule.ID] {
			r.Rules = append(r.Rules, report.Rule{ID: rule.ID, Title: rule.Title, Severity: string(rule.Severity),
				Why: strings.Join(strings.Fields(rule.Doc.Why), " "), URL: rule.URL})
		}
	}
	r.Files = append(r.Files, l.run.Files()...)
	return r
}

// note says something beside the report.
func (l *linting) note(format string, args ...any) {
	fmt.Fprintln(l.streams.Err, clean(fmt.Sprintf(format, args...)))
}

// readAll reads a bounded standard input.
func readAll(in io.Reader) ([]byte, error) {
	const most = 16<<20 + 1 // one more than BuildKit takes, so that it is refused in its words
	return io.ReadAll(io.LimitReader(in, most))
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
