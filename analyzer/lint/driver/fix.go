package driver

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
	"github.com/layerwise/layerwise/analyzer/lint/internal/baseline"
	"github.com/layerwise/layerwise/analyzer/lint/internal/discover"
	"github.com/layerwise/layerwise/analyzer/lint/internal/fix"
)

// FixOptions say which fixes are applied.
type FixOptions struct {
	// Review applies those too that a person has to look at.
	Review bool
	// Alone changes nothing but the files that are linted: no ignore file.
	Alone bool
}

// Fixed is what became of the fixes of one file.
type Fixed struct {
	Path    string
	Applied []finding.Finding // whose fixes were applied
	Refused []Refusal         // whose fixes were not
	// Unstable says that the fixes came to no end, so that none is applied; nil where
	// they did.
	Unstable error
}

// Refusal is a fix that was not applied, and why.
type Refusal struct {
	Finding finding.Finding
	Err     error
}

// Fix applies fixes in memory, until nothing is left to fix. From then on, Look and
// Text see what it made, and Changes has it. What comments or the baseline hide is
// not fixed.
func (r *Run) Fix(ctx context.Context, o FixOptions) ([]Fixed, error) {
	r.tree = &fix.Tree{Read: r.original, May: func(path string) bool { return r.mayFix(path, o) }}
	all := make([]Fixed, 0, len(r.files))
	for _, f := range r.files {
		fixed, err := r.fixFile(ctx, f, o)
		if err != nil {
			return nil, err
		}
		all = append(all, fixed)
	}
	return all, nil
}

func (r *Run) fixFile(ctx context.Context, f *file, o FixOptions) (Fixed, error) {
	look := func() ([]finding.Finding, error) { return r.lookForFix(ctx, f) }
	want := func(fix *finding.Fix) bool { return o.Review || fix.Safety == finding.Safe }
	done, err := r.tree.Mend(ctx, look, want)
	fixed := Fixed{Path: f.path, Applied: done.Applied}
	var unstable *fix.UnstableError
	if errors.As(err, &unstable) {
		fixed.Unstable = err
		return fixed, nil
	}
	for _, refused := range done.Refused {
		fixed.Refused = append(fixed.Refused, Refusal(refused))
	}
	return fixed, err
}

// lookForFix returns the findings in what the fixes made of a file so far.
func (r *Run) lookForFix(ctx context.Context, f *file) ([]finding.Finding, error) {
	var all []finding.Finding
	err := lint.Files(ctx, []lint.Input{r.input(f, r.tree.Content)}, func(found lint.Result) error {
		for _, j := range r.judge(f, found, new(baseline.Marker)) {
			if !j.known {
				all = append(all, j.Finding.Finding)
			}
		}
		return nil
	})
	return all, err
}

// mayFix says that a file is there to be changed: one that is linted, or an ignore
// file.
func (r *Run) mayFix(path string, o FixOptions) bool {
	if slices.ContainsFunc(r.files, func(f *file) bool { return f.path == path }) {
		return true
	}
	return !o.Alone && strings.HasSuffix(path, ".dockerignore")
}

// Change is a file that fixes change.
type Change struct {
	Path string // as findings name it
	Old  []byte // before, from the overlay or the disk
	New  []byte
	Made bool // it did not exist
}

// Changes are all files that Fix changed, sorted by path.
func (r *Run) Changes() []Change {
	if r.tree == nil {
		return nil
	}
	var all []Change
	for _, c := range r.tree.Changes() {
		all = append(all, Change{Path: c.Name, Old: c.Old, New: c.New, Made: c.Made})
	}
	return all
}

func (c Change) changed() *fix.Changed {
	return &fix.Changed{Name: c.Path, Old: c.Old, New: c.New, Made: c.Made}
}

// Diff is the change as a unified diff, which patch -p1 and git apply take.
func (c Change) Diff() []byte { return c.changed().Diff() }

// Write writes what Fix changed, each file whole or not at all; from then on, Look
// sees what is on the disk. A file that does not hold what it did when it was read
// is left as it is. The errors are those of the files that could not be written.
func (r *Run) Write() []error {
	var failed []error
	for _, c := range r.Changes() {
		if err := c.changed().Write(r.roots(c.Path)...); err != nil {
			failed = append(failed, err)
		}
	}
	r.tree = nil
	return failed
}

// roots are the folders that a link to a file may lead into: its repository, else
// the folders that the options name it in, else its own. Whoever wrote a repository
// says nothing about what lies beside it.
func (r *Run) roots(path string) []string {
	dir := filepath.Dir(filepath.FromSlash(path))
	if abs, err := filepath.Abs(dir); err == nil {
		if top := discover.Repository(abs); top != "" {
			return []string{top}
		}
	}
	var roots []string
	for _, folder := range r.options.Paths {
		if rel, err := filepath.Rel(folder, filepath.FromSlash(path)); err == nil && rel != "." && filepath.IsLocal(rel) {
			roots = append(roots, folder)
		}
	}
	if roots == nil {
		roots = []string{dir}
	}
	return roots
}
