package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/baseline"
	"github.com/layerwise/layerwise/analyzer/lint/discover"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
	"github.com/layerwise/layerwise/analyzer/lint/fix"
)

// mend applies the fixes that are asked for, and writes the files where they are to
// be changed.
func (l *linting) mend(ctx context.Context) error {
	l.tree = &fix.Tree{Read: l.readForFix, May: l.mayFix}
	applied := 0
	for _, f := range l.files {
		n, err := l.mendFile(ctx, f)
		if err != nil {
			return err
		}
		applied += n
	}
	switch {
	case l.diff:
		return nil
	case l.stdin != "":
		text, err := l.tree.Content(l.stdin)
		if err != nil {
			return err
		}
		_, err = l.streams.Out.Write(text)
		return err
	}
	changes := l.tree.Changes()
	for _, c := range changes {
		if err := c.Write(l.roots(c.Name)...); err != nil {
			l.failed = append(l.failed, err)
		}
	}
	if applied > 0 && len(l.failed) == 0 {
		l.note("fixed %s in %s", counted(applied, "finding"), counted(len(changes), "file"))
	}
	l.tree = nil // the rest is said of what is on the disk
	return nil
}

// mendFile fixes one file in memory.
func (l *linting) mendFile(ctx context.Context, f *lintFile) (applied int, err error) {
	look := func() ([]finding.Finding, error) { return l.lookForFix(ctx, f) }
	want := func(fix *finding.Fix) bool { return fix.Safety == finding.Safe || l.fix == string(finding.Review) }
	r, err := l.tree.Mend(ctx, look, want)
	var unstable *fix.UnstableError
	if errors.As(err, &unstable) {
		l.warn(fmt.Sprintf("%s: %v", f.path, err))
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	for _, refused := range r.Refused {
		l.warn(fmt.Sprintf("%s:%d: the fix of %s was not applied: %v", f.path, refused.Finding.Line, refused.Finding.Rule, refused.Err))
	}
	return len(r.Applied), nil
}

// lookForFix returns the findings in what the fixes made of a file so far.
func (l *linting) lookForFix(ctx context.Context, f *lintFile) ([]finding.Finding, error) {
	var all []finding.Finding
	err := lint.Files(ctx, []lint.Input{l.input(f)}, func(r lint.Result) error {
		for _, j := range l.judge(f, r, new(baseline.Marker)) {
			if !j.known {
				all = append(all, j.Finding)
			}
		}
		return nil
	})
	return all, err
}

func (l *linting) readForFix(name string) ([]byte, error) {
	for _, f := range l.files {
		if f.path == name {
			return f.read()
		}
	}
	return lint.ReadFile(filepath.FromSlash(name))
}

// mayFix says that a file is there to be changed: one that is linted, or an ignore
// file. Of standard input nothing else is.
func (l *linting) mayFix(name string) bool {
	if slices.ContainsFunc(l.files, func(f *lintFile) bool { return f.path == name }) {
		return true
	}
	return l.stdin == "" && strings.HasSuffix(name, ".dockerignore")
}

// roots are the folders that a link to a file may lead into: its repository, else
// the folders that the command line names it in, else its own. Whoever wrote a
// repository says nothing about what lies beside it.
func (l *linting) roots(name string) []string {
	dir := filepath.Dir(filepath.FromSlash(name))
	if abs, err := filepath.Abs(dir); err == nil {
		if top := discover.Repository(abs); top != "" {
			return []string{top}
		}
	}
	var roots []string
	for _, folder := range l.named {
		if rel, err := filepath.Rel(folder, filepath.FromSlash(name)); err == nil && rel != "." && filepath.IsLocal(rel) {
			roots = append(roots, folder)
		}
	}
	if roots == nil {
		roots = []string{dir}
	}
	return roots
}
