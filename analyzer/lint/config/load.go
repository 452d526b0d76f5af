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
	"github.com/layerwise/layerwise/analyzer/lint/discover/gitignore"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
	"go.yaml.in/yaml/v3"
)

// maxFile bounds the size of a configuration, in bytes.
const maxFile = 1 << 20

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
	document, err := parse(path, f)
	if err != nil || document.Node == nil {
		return c, err
	}
	return c, c.read(document, known)
}

// parse reads one YAML document. The node is nil for an empty one.
func parse(path string, r io.Reader) (node, error) {
	source, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return node{}, err
	}
	if len(source) > maxFile {
		return node{}, &Error{Path: path, Err: fmt.Errorf("is larger than %d bytes", maxFile)}
	}
	decoder := yaml.NewDecoder(strings.NewReader(string(source)))
	var document, more yaml.Node
	if err := decoder.Decode(&document); errors.Is(err, io.EOF) || err == nil && empty(&document) {
		return node{}, nil
	} else if err != nil {
		return node{}, yamlError(path, err)
	}
	if err := decoder.Decode(&more); err == nil {
		return node{}, node{path, &more}.errorf("a second document: a configuration is one")
	} else if !errors.Is(err, io.EOF) {
		return node{}, yamlError(path, err)
	}
	return node{path, document.Content[0]}, nil
}

func empty(document *yaml.Node) bool {
	return len(document.Content) == 0 || document.Content[0].Tag == "!!null"
}

func (c *Config) read(document node, known func(string) bool) error {
	lint := func(n node) error {
		return n.object(
			field{"fail-on", func(n node) error { return choice(n, finding.Thresholds(), &c.FailOn) }},
			field{"context", c.readContext},
			field{"ignore", func(n node) error { return patterns(n, &c.ignore) }},
			field{"rules", func(n node) error { return rules(n, known, &c.rules) }},
			field{"overrides", func(n node) error { return c.readOverrides(n, known) }},
		)
	}
	return document.object(field{"lint", lint})
}

func (c *Config) readOverrides(n node, known func(string) bool) error {
	return n.list(func(n node) error {
		var o override
		err := n.object(
			field{"files", func(n node) error { return patterns(n, &o.files) }},
			field{"rules", func(n node) error { return rules(n, known, &o.rules) }},
		)
		switch {
		case err != nil:
			return err
		case o.files == nil:
			return n.errorf("files is missing: the patterns of the files that this is for")
		}
		c.overrides = append(c.overrides, o)
		return nil
	})
}

// readContext reads a folder. A file that somebody else wrote must not have other
// parts of the disk listed, so it has to be in the repository.
func (c *Config) readContext(n node) error {
	var text string
	if err := n.text(&text); err != nil {
		return err
	}
	if !filepath.IsAbs(text) {
		text = filepath.Join(c.folder, filepath.FromSlash(text))
	}
	place, err := filepath.EvalSymlinks(text)
	if errors.Is(err, fs.ErrNotExist) {
		return n.errorf("there is no folder %s", text)
	} else if err != nil {
		return n.errorf("%w", err)
	}
	if rel, err := filepath.Rel(limit(c.folder), place); err != nil || !filepath.IsLocal(rel) {
		return n.errorf("the context %s is outside of the repository; --context can name it", text)
	}
	if info, err := os.Stat(place); err != nil || !info.IsDir() {
		return n.errorf("the context %s is no folder", text)
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
		if err := n.text(&text); err != nil {
			return err
		}
		if text == "" || strings.ContainsAny(text, "\n\r") {
			return n.errorf("expected a pattern as in .gitignore, found %q", text)
		}
		(*into).Add(text)
		return nil
	}
	if n.Kind == yaml.ScalarNode {
		return add(n)
	}
	return n.list(add)
}

// rules reads a mapping from rules to levels.
func rules(n node, known func(string) bool, into *map[string]Level) error {
	*into = map[string]Level{}
	return n.pairs("a mapping from rules to levels", func(key, value node) error {
		if !known(key.Value) {
			return key.errorf("there is no rule %q: layerwise lint --rules lists them", key.Value)
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
	if err := n.text(&text); err != nil {
		return err
	}
	for _, a := range allowed {
		if text == string(a) {
			*into = a
			return nil
		}
	}
	return n.errorf("expected one of %s, found %q", joined(allowed), text)
}
