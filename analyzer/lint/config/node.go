package config

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// node is a part of a configuration. It is read by hand rather than decoded into
// structs, so that every error has its line and says what is allowed. Aliases are
// refused, and with them documents that grow when they are read.
type node struct {
	path string
	*yaml.Node
}

// field is a key that a mapping may have.
type field struct {
	key  string
	read func(node) error
}

func (n node) errorf(format string, args ...any) error {
	return &Error{Path: n.path, Line: n.Line, Err: fmt.Errorf(format, args...)}
}

// kind is what the node is, in words.
func (n node) kind() string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias, which a configuration cannot have"
	}
	if n.Tag == "!!null" {
		return "nothing"
	}
	return "a text"
}

// pairs reads a mapping whose keys are texts, each there once.
func (n node) pairs(expected string, read func(key, value node) error) error {
	if n.Kind != yaml.MappingNode {
		return n.errorf("expected %s, found %s", expected, n.kind())
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := node{n.path, n.Content[i]}, node{n.path, n.Content[i+1]}
		var name string
		if err := key.text(&name); err != nil {
			return err
		}
		if seen[name] {
			return key.errorf("%s is given twice", name)
		}
		seen[name] = true
		if err := read(key, value); err != nil {
			return err
		}
	}
	return nil
}

// object reads a mapping that has these fields and no other.
func (n node) object(fields ...field) error {
	return n.pairs("a mapping with "+keys(fields), func(key, value node) error {
		for _, f := range fields {
			if f.key == key.Value {
				return f.read(value)
			}
		}
		return key.errorf("unknown key %q: allowed here: %s", key.Value, keys(fields))
	})
}

func keys(fields []field) string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.key
	}
	return strings.Join(names, ", ")
}

// list reads a sequence.
func (n node) list(read func(node) error) error {
	if n.Kind != yaml.SequenceNode {
		return n.errorf("expected a list, found %s", n.kind())
	}
	for _, item := range n.Content {
		if err := read(node{n.path, item}); err != nil {
			return err
		}
	}
	return nil
}

// text reads a text as it is written: 2 and off are texts too.
func (n node) text(into *string) error {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		return n.errorf("expected a text, found %s", n.kind())
	}
	*into = n.Value
	return nil
}

// yamlLine is the place in an error of the YAML package.
var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

func yamlError(path string, err error) error {
	match := yamlLine.FindStringSubmatch(err.Error())
	if match == nil {
		return &Error{Path: path, Line: 1, Err: err}
	}
	number, _ := strconv.Atoi(match[1])
	return &Error{Path: path, Line: max(number, 1), Err: errors.New("not YAML: " + err.Error()[len(match[0]):])}
}
