// Package driver lints Dockerfiles from one end to the other: it finds the files
// and their settings, looks at them with the rules that count, leaves out what
// comments and a baseline ask to leave out, and applies fixes. The lint command and
// an editor differ in what they do with the outcome.
//
// # Design
//
// Everything is told in values and typed errors. Nothing is printed, and nothing is
// written but by Write and WriteBaseline.
//
// An editor has text that is on no disk, and wants to know what a fix would do
// before it does it. Both are the same thing here: a text that takes the place of
// what a file holds, for the file itself, for its ignore file, and for whatever a
// rule reads of the context.
package driver

import (
	"context"
	"path/filepath"

	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
	"github.com/layerwise/layerwise/analyzer/lint/internal/baseline"
	"github.com/layerwise/layerwise/analyzer/lint/internal/config"
	"github.com/layerwise/layerwise/analyzer/lint/internal/discover"
	"github.com/layerwise/layerwise/analyzer/lint/internal/fix"
	"github.com/layerwise/layerwise/analyzer/lint/rules"
)

// Unnamed is the path of a text that lies nowhere, such as standard input. It has
// the settings of the current folder, and no build context unless Options has one.
const Unnamed = "-"

// Options say what is linted, and how. Paths are absolute or from the current folder
// on.
type Options struct {
	// Paths are the files and folders to look at: a file whatever its name, a folder
	// for the Dockerfiles in it that git does not ignore. Those that the overlay has
	// come first, and need not exist.
	Paths []string
	// Overlay has texts that take the place of what files hold on the disk, by their
	// paths. Only those that Paths stands for are linted.
	Overlay map[string][]byte

	Config  string            // the file that all settings come from, "" for the nearest one to each file
	Context string            // the folder of the build context of all files, "" for the one of their settings, else a guess
	FailOn  finding.Threshold // of all files, "" for the one of their settings, else warning

	// Enable and Disable have the ids of rules that are looked for and that are not,
	// whatever settings say; AllRules stands for those that neither names.
	Enable, Disable []string

	// Baseline is the file with the findings that are known, "" for none.
	Baseline string
	// UpdateBaseline puts what Look finds into the baseline, which need not exist, in
	// place of returning it; WriteBaseline writes it.
	UpdateBaseline bool
}

// Check says what is wrong with the options by themselves, before anything is read:
// a *SelectionError.
func (o Options) Check() error {
	_, err := choose(rules.NewIndex(), o.Enable, o.Disable)
	return err
}

// Run is one look at some files. It is used by one goroutine.
type Run struct {
	options  Options
	index    *rules.Index
	chosen   *selection
	overlay  overlay
	files    []*file
	ignored  int
	problems []discover.Problem
	base     *baseline.Baseline // nil without one
	marker   baseline.Marker
	tree     *fix.Tree // what Fix made, until it is written; nil for nothing
}

// file is one file with its settings.
type file struct {
	path      string // as findings name it
	config    *config.Config
	rules     []*lint.Rule
	threshold finding.Threshold
}

// rule is one that is looked for in the file, nil where it is not.
func (f *file) rule(id string) *lint.Rule {
	for _, r := range f.rules {
		if r.ID == id {
			return r
		}
	}
	return nil
}

// ran says that a rule is looked for in the file.
func (f *file) ran(rule string) bool { return f.rule(rule) != nil }

// SettingsError is something that is wrong in a file with settings.
type SettingsError = config.Error

// NotFoundError says that folders have no Dockerfile.
type NotFoundError = discover.NotFoundError

// Open finds the files, their settings, and the baseline. Its errors are, among
// others, a *SelectionError, a *NoBaselineError, a *SettingsError, and a
// *NotFoundError.
func Open(ctx context.Context, o Options) (*Run, error) {
	r := &Run{options: o, index: rules.NewIndex()}
	var err error
	if r.chosen, err = choose(r.index, o.Enable, o.Disable); err != nil {
		return nil, err
	}
	if err = r.openBaseline(); err != nil {
		return nil, err
	}
	if r.overlay, err = newOverlay(o.Overlay); err != nil {
		return nil, err
	}
	settings, err := r.settings()
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, path := range o.Paths {
		if _, unsaved := r.overlay.text(path); !unsaved {
			paths = append(paths, path)
			continue
		}
		c, err := settings(path)
		if err != nil {
			return nil, err
		}
		r.add(filepath.ToSlash(filepath.Clean(path)), c)
	}
	if len(paths) == 0 {
		return r, nil
	}
	return r, r.find(ctx, paths, settings)
}

// find adds the files that paths on the disk stand for.
func (r *Run) find(ctx context.Context, paths []string, settings func(string) (*config.Config, error)) error {
	found, err := discover.Find(ctx, paths)
	if err != nil {
		return err
	}
	r.problems = found.Problems
	unsaved := r.files
	for _, f := range found.Files {
		if r.overlay.have(unsaved, f.Path) {
			continue
		}
		c, err := settings(f.Path)
		if err != nil {
			return err
		}
		if !f.Given && c.Ignores(f.Path) {
			r.ignored++
			continue
		}
		r.add(f.Path, c)
	}
	return nil
}

func (r *Run) add(path string, c *config.Config) {
	f := &file{path: path, config: c, threshold: finding.Threshold(finding.Warning)}
	f.rules = r.chosen.rules(c.Levels(filepath.FromSlash(path)))
	if c.FailOn != "" {
		f.threshold = c.FailOn
	}
	if r.options.FailOn != "" {
		f.threshold = r.options.FailOn
	}
	r.files = append(r.files, f)
}

// Files are the paths of the files that are linted, as findings name them.
func (r *Run) Files() []string {
	paths := make([]string, len(r.files))
	for i, f := range r.files {
		paths[i] = f.path
	}
	return paths
}

// Ignored is how many Dockerfiles in folders are left out, as the settings ask.
func (r *Run) Ignored() int { return r.ignored }

// Text is what a file holds: what fixes made of it, what the overlay has, or what is
// on the disk.
func (r *Run) Text(path string) ([]byte, error) {
	if r.tree != nil {
		if text, changed := r.tree.Changed(path); changed {
			return text, nil
		}
	}
	return r.original(path)
}

// original is what a file holds without fixes.
func (r *Run) original(path string) ([]byte, error) {
	if text, found := r.overlay.text(path); found {
		return text, nil
	}
	return lint.ReadFile(filepath.FromSlash(path))
}
