package driver

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/internal/config"
	"github.com/layerwise/layerwise/analyzer/lint/internal/discover"
)

// settings returns what gives a file its configuration.
func (r *Run) settings() (func(path string) (*config.Config, error), error) {
	if r.options.Config != "" {
		c, err := config.Load(r.options.Config, r.index.Known)
		return func(string) (*config.Config, error) { return c, nil }, err
	}
	home, _ := os.UserHomeDir() // without one, nothing bounds the search but a repository
	f := &config.Finder{Known: r.index.Known, Home: home}
	return func(path string) (*config.Config, error) { return f.For(filepath.FromSlash(path)) }, nil
}

// buildContext is the context that a file is built with, nil where none is known.
func (r *Run) buildContext(f *file, s *lint.Subject) *lint.Context {
	path := filepath.FromSlash(f.path)
	switch {
	case r.options.Context != "":
		return lint.OpenContext(filepath.Clean(r.options.Context), path)
	case f.config.Context != "":
		return lint.OpenContext(config.Shown(f.config.Context), path)
	case f.path == Unnamed:
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
