// Package config reads .layerwise.yaml, in which a project says how it wants to be
// linted:
//
//	lint:
//	  fail-on: warning       # error, warning, info or none
//	  context: .             # the build context of these files; found for each file by default
//	  ignore:                # what a search leaves out, as in .gitignore
//	    - testdata/
//	  rules:                 # off, on, or a severity: error, warning, info
//	    unpinned-base: error
//	    copy-link: off
//	  overrides:             # for some files; the last one that says something of a rule counts
//	    - files: [legacy/, /Dockerfile.dev]
//	      rules:
//	        unpinned-base: info
//
// Paths and patterns are relative to the folder of the file.
package config

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/layerwise/layerwise/analyzer/lint/finding"
	"github.com/layerwise/layerwise/analyzer/lint/internal/discover/gitignore"
)

// Name is how the file is called.
const Name = ".layerwise.yaml"

// Level is what a project wants of a rule: to be off, to be on with its own
// severity, or a severity.
type Level string

// The levels that are no severities.
const (
	Off Level = "off"
	On  Level = "on"
)

// Levels are all of them.
func Levels() []Level {
	return []Level{Off, On, Level(finding.Error), Level(finding.Warning), Level(finding.Info)}
}

// Severity is the one that the level stands for, "" where it stands for none.
func (l Level) Severity() finding.Severity {
	if l == Off || l == On {
		return ""
	}
	return finding.Severity(l)
}

// Config is what one file says. The zero value says nothing.
type Config struct {
	Path    string            // of the file, "" without one
	FailOn  finding.Threshold // "" where it is not set
	Context string            // a folder, absolute; "" where it is not set

	folder    string // of the file, absolute
	ignore    *gitignore.Patterns
	rules     map[string]Level
	overrides []override
}

type override struct {
	files *gitignore.Patterns
	rules map[string]Level
}

// Ignores says that a search leaves a file out.
func (c *Config) Ignores(file string) bool {
	return c.ignore != nil && covers(c.ignore, c.relative(file))
}

// Levels are the rules that the configuration says something of, for one file.
func (c *Config) Levels(file string) map[string]Level {
	if len(c.overrides) == 0 {
		return c.rules
	}
	rel := c.relative(file)
	levels := map[string]Level{}
	for id, l := range c.rules {
		levels[id] = l
	}
	for _, o := range c.overrides {
		if covers(o.files, rel) {
			for id, l := range o.rules {
				levels[id] = l
			}
		}
	}
	return levels
}

func covers(p *gitignore.Patterns, rel string) bool { return rel != "" && p.Covers(rel) }

// relative is the path of a file from the folder of the configuration, "" for a
// file that is not in it.
func (c *Config) relative(file string) string {
	place, err := realFile(file)
	if err != nil {
		return ""
	}
	rel, err := filepath.Rel(c.folder, place)
	if err != nil || !filepath.IsLocal(rel) {
		return ""
	}
	return filepath.ToSlash(rel)
}

// realFile is the absolute path of a file, without links in its folder where that
// exists. The file itself may be one, or be missing.
func realFile(file string) (string, error) {
	abs, err := filepath.Abs(file)
	if err != nil {
		return "", err
	}
	dir, err := filepath.EvalSymlinks(filepath.Dir(abs))
	if errors.Is(err, fs.ErrNotExist) {
		return abs, nil
	} else if err != nil {
		return "", err
	}
	return filepath.Join(dir, filepath.Base(abs)), nil
}

// Error is something that is wrong in a configuration.
type Error struct {
	Path string
	Line int // from 1; 0 where it is about the whole file
	Err  error
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %v", e.Path, e.Err)
	}
	return fmt.Sprintf("%s:%d: %v", e.Path, e.Line, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

func joined[T ~string](list []T) string {
	texts := make([]string, len(list))
	for i, t := range list {
		texts[i] = string(t)
	}
	return strings.Join(texts, ", ")
}
