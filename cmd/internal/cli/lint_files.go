package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/baseline"
	"github.com/layerwise/layerwise/analyzer/lint/config"
	"github.com/layerwise/layerwise/analyzer/lint/discover"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
	"github.com/layerwise/layerwise/analyzer/lint/fix"
	"github.com/layerwise/layerwise/report"
)

// linting is one run of lint.
type linting struct {
	*lintCommand
	registry *registry
	chosen   *selection

	files    []*lintFile
	named    []string // files and folders on the command line
	problems []discover.Problem
	base     *baseline.Baseline // nil without one
	marker   baseline.Marker
	stdin    string    // what findings call standard input, "" where it is not linted
	tree     *fix.Tree // nil where nothing is to be fixed

	findings []report.Finding
	gated    map[config.Threshold]int // findings that reach it
	failed   []error                  // what the exit code says, when all is reported
}

// lintFile is one file with its settings.
type lintFile struct {
	path      string // as findings name it
	config    *config.Config
	rules     []*lint.Rule
	threshold config.Threshold
	read      func() ([]byte, error)
}

// ran says that a rule is looked for in the file.
func (f *lintFile) ran(rule string) bool { return f.rule(rule) != nil }

func (f *lintFile) rule(id string) *lint.Rule {
	for _, r := range f.rules {
		if r.ID == id {
			return r
		}
	}
	return nil
}

// open finds the files, their settings, and the baseline.
func (l *linting) open(ctx context.Context, args []string) error {
	l.gated = map[config.Threshold]int{}
	if err := l.openBaseline(); err != nil {
		return err
	}
	if len(args) == 0 {
		args = []string{"."}
	}
	settings, err := l.settings()
	if err != nil {
		return err
	}
	var paths []string
	stdin := false
	for _, a := range args {
		if a == "-" {
			stdin = true
		} else {
			paths = append(paths, a)
		}
	}
	if stdin {
		if err := l.openStdin(settings); err != nil {
			return err
		}
	}
	if len(paths) == 0 {
		return nil
	}
	l.named = paths
	found, err := discover.Find(ctx, paths)
	if err != nil {
		return err
	}
	l.problems = found.Problems
	ignored := 0
	for _, f := range found.Files {
		c, err := settings(f.Path)
		if err != nil {
			return err
		}
		if !f.Given && c.Ignores(f.Path) {
			ignored++
			continue
		}
		name := filepath.FromSlash(f.Path)
		l.add(f.Path, c, func() ([]byte, error) { return lint.ReadFile(name) })
	}
	if ignored > 0 && len(l.files) == 0 {
		l.warn(fmt.Sprintf("nothing is linted: the configuration ignores %s", counted(ignored, "Dockerfile")))
	}
	return nil
}

// settings returns what gives a file its configuration.
func (l *linting) settings() (func(file string) (*config.Config, error), error) {
	if l.config != "" {
		c, err := config.Load(l.config, l.registry.known)
		return func(string) (*config.Config, error) { return c, nil }, err
	}
	home, _ := os.UserHomeDir() // without one, nothing bounds the search but a repository
	f := &config.Finder{Known: l.registry.known, Home: home}
	return f.For, nil
}

func (l *linting) openStdin(settings func(string) (*config.Config, error)) error {
	l.stdin = "-"
	if l.stdinFilename != "" {
		l.stdin = filepath.ToSlash(filepath.Clean(l.stdinFilename))
	}
	c, err := settings(filepath.FromSlash(l.stdin))
	if err != nil {
		return err
	}
	text, err := readAll(l.streams.In)
	if err != nil {
		return fmt.Errorf("cannot read standard input: %w", err)
	}
	l.add(l.stdin, c, func() ([]byte, error) { return bytes.Clone(text), nil })
	return nil
}

func (l *linting) add(path string, c *config.Config, read func() ([]byte, error)) {
	f := &lintFile{path: path, config: c, read: read, threshold: config.Threshold(finding.Warning)}
	f.rules = l.chosen.rules(c.Levels(filepath.FromSlash(path)))
	if c.FailOn != "" {
		f.threshold = c.FailOn
	}
	if l.failOn != "" {
		f.threshold = config.Threshold(l.failOn)
	}
	l.files = append(l.files, f)
}

// input is what the driver wants to know of a file. Where files are being fixed, it
// looks at what the fixes made of them.
func (l *linting) input(f *lintFile) lint.Input {
	in := lint.Input{Path: f.path, Read: f.read, Rules: f.rules}
	in.Context = func(s *lint.Subject) *lint.Context {
		c := l.buildContext(f, s)
		if c != nil && l.tree != nil {
			path, _, _ := c.Ignore()
			if text, changed := l.tree.Changed(c.Name(path)); changed {
				c.SetIgnore(text)
			}
		}
		return c
	}
	if l.tree != nil {
		in.Read = func() ([]byte, error) { return l.tree.Content(f.path) }
	}
	return in
}

// buildContext is the context that a file is built with, nil where none is known.
func (l *linting) buildContext(f *lintFile, s *lint.Subject) *lint.Context {
	path := filepath.FromSlash(f.path)
	switch {
	case l.context != "":
		return lint.OpenContext(filepath.Clean(l.context), path)
	case f.config.Context != "":
		return lint.OpenContext(filepath.FromSlash(fromHere(f.config.Context)), path)
	case f.path == "-":
		return nil
	}
	return lint.FindContext(s, path, top(path))
}

// top is the folder above which no context of a file is: its repository, else the
// current folder where that has the file in it, else none.
func top(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		return ""
	}
	if repository := discover.Repository(filepath.Dir(abs)); repository != "" {
		return repository
	}
	here, err := os.Getwd()
	if err != nil || !strings.HasPrefix(abs, strings.TrimSuffix(here, string(filepath.Separator))+string(filepath.Separator)) {
		return ""
	}
	return here
}
