package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/layerwise/layerwise/analyzer/inputfile"
	"github.com/layerwise/layerwise/analyzer/internal/strictyaml"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
	"github.com/layerwise/layerwise/analyzer/lint/internal/discover/gitignore"
)

// Load reads a configuration. known says which rules there are. What is wrong with
// the file is an *Error.
func Load(path string, known func(rule string) bool) (*Config, error) {
	f, err := inputfile.Open(path)
	var special *inputfile.NotRegularError
	switch {
	case errors.As(err, &special):
		return nil, &Error{Path: path, Err: errors.New("is no regular file: it is " + special.Kind)}
	case err != nil:
		return nil, err
	}
	defer f.Close()
	place, err := realFile(path)
	if err != nil {
		return nil, err
	}
	c := &Config{Path: path, folder: filepath.Dir(place)}
	document, ok, err := parse(path, f)
	if err != nil || !ok {
		return c, err
	}
	return c, c.read(document, known)
}

// node is a part of a configuration.
type node = strictyaml.Node

// field is a key that a mapping in it may have.
type field = strictyaml.Field

// parse reads one YAML document; ok is false for an empty one.
func parse(path string, r io.Reader) (document node, ok bool, err error) {
	form := strictyaml.Form{File: path, That: "a configuration", Those: "a configuration", Fail: func(line int, err error) error {
		return &Error{Path: path, Line: line, Err: err}
	}}
	document, ok, err = form.Read(r)
	var large strictyaml.TooLargeError
	if errors.As(err, &large) {
		err = &Error{Path: path, Err: fmt.Errorf("is larger than %d bytes", strictyaml.MaxSize)}
	}
	return document, ok && err == nil && !document.IsNull(), err
}

func (c *Config) read(document node, known func(string) bool) error {
	lint := func(n node) error {
		return n.Object(
			field{Key: "fail-on", Read: func(n node) error { return choice(n, finding.Thresholds(), &c.FailOn) }},
			field{Key: "context", Read: c.readContext},
			field{Key: "ignore", Read: func(n node) error { return patterns(n, &c.ignore) }},
			field{Key: "rules", Read: func(n node) error { return rules(n, known, &c.rules) }},
			field{Key: "overrides", Read: func(n node) error { return c.readOverrides(n, known) }},
		)
	}
	return document.Object(field{Key: "lint", Read: lint})
}

func (c *Config) readOverrides(n node, known func(string) bool) error {
	return n.List(func(n node) error {
		var o override
		err := n.Object(
			field{Key: "files", Read: func(n node) error { return patterns(n, &o.files) }},
			field{Key: "rules", Read: func(n node) error { return rules(n, known, &o.rules) }},
		)
		switch {
		case err != nil:
			return err
		case o.files == nil:
			return n.Errorf("files is missing: the patterns of the files that this is for")
		}
		c.overrides = append(c.overrides, o)
		return nil
	})
}

// readContext reads a folder. A file that somebody else wrote must not have other
// parts of the disk listed, so it has to be in the repository.
func (c *Config) readContext(n node) error {
	var text string
	if err := n.Text(&text); err != nil {
		return err
	}
	if !filepath.IsAbs(text) {
		text = filepath.Join(c.folder, filepath.FromSlash(text))
	}
	place, err := filepath.EvalSymlinks(text)
	if errors.Is(err, fs.ErrNotExist) {
		return n.Errorf("there is no folder %s", text)
	} else if err != nil {
		return n.Errorf("%w", err)
	}
	if rel, err := filepath.Rel(limit(c.folder), place); err != nil || !filepath.IsLocal(rel) {
		return n.Errorf("the context %s is outside of the repository; --context can name it", text)
	}
	if info, err := os.Stat(place); err != nil || !info.IsDir() {
		return n.Errorf("the context %s is no folder", text)
	}
	c.Context = place
	return nil
}

// limit is the top of the repository that a folder is in, else the folder.
func limit(folder string) string {
	for dir := folder; ; dir = filepath.Dir(dir) {
		if isTop(dir) {
			return dir
		}
		if dir == filepath.Dir(dir) {
			return folder
		}
	}
}

func isTop(dir string) bool {
	_, err := os.Lstat(filepath.Join(dir, ".git"))
	return err == nil
}

// patterns reads a list of patterns, or a single one.
func patterns(n node, into **gitignore.Patterns) error {
	*into = &gitignore.Patterns{}
	add := func(n node) error {
		var text string
		if err := n.Text(&text); err != nil {
			return err
		}
		if text == "" || strings.ContainsAny(text, "\n\r") {
			return n.Errorf("expected a pattern as in .gitignore, found %q", text)
		}
		(*into).Add(text)
		return nil
	}
	if n.IsText() || n.IsNull() {
		return add(n)
	}
	return n.List(add)
}

// rules reads a mapping from rules to levels.
func rules(n node, known func(string) bool, into *map[string]Level) error {
	*into = map[string]Level{}
	return n.Pairs("a mapping from rules to levels", func(key, value node) error {
		if !known(key.Value) {
			return key.Errorf("there is no rule %q: layerwise lint --rules lists them", key.Value)
		}
		if _, twice := (*into)[key.Value]; twice {
			return key.Errorf("%s is given twice", key.Value)
		}
		var level Level
		if value.Tag == "!!bool" { // true and false, as other tools have them
			value.Value = map[string]string{"true": string(On), "false": string(Off)}[strings.ToLower(value.Value)]
		}
		if err := choice(value, Levels(), &level); err != nil {
			return err
		}
		(*into)[key.Value] = level
		return nil
	})
}

// choice reads one of some words.
func choice[T ~string](n node, allowed []T, into *T) error {
	var text string
	if err := n.Text(&text); err != nil {
		return err
	}
	for _, a := range allowed {
		if text == string(a) {
			*into = a
			return nil
		}
	}
	return n.Errorf("expected one of %s, found %q", joined(allowed), text)
}
