package scenario

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// node is a part of a scenario file. It is read by hand rather than decoded
// into structs, so that every error has its line and says what is allowed.
type node struct {
	file string
	*yaml.Node
}

// field is a key that a mapping may have.
type field struct {
	key      string
	required bool
	read     func(node) error
}

// The values of field.required.
const (
	required = true
	optional = false
)

func (n node) at() Position { return Position{File: n.file, Line: n.Line} }

func (n node) errorf(format string, args ...any) error {
	return &Error{At: n.at(), Err: fmt.Errorf(format, args...)}
}

// kind is what the node is, in words.
func (n node) kind() string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias, which scenarios cannot have"
	}
	if n.Tag == "!!null" {
		return "nothing"
	}
	return "a text"
}

func (n node) isScalar() bool  { return n.Kind == yaml.ScalarNode && n.Tag != "!!null" }
func (n node) isInteger() bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!int" }

// has says whether a mapping has this key.
func (n node) has(key string) bool {
	if n.Kind != yaml.MappingNode {
		return false
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return true
		}
	}
	return false
}

// object reads a mapping that has these fields and no other, each once.
func (n node) object(fields ...field) error {
	if n.Kind != yaml.MappingNode {
		return n.errorf("expected a mapping with %s, found %s", keys(fields), n.kind())
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := node{n.file, n.Content[i]}, node{n.file, n.Content[i+1]}
		f := findField(fields, key)
		switch {
		case f == nil:
			return key.errorf("unknown key %s: allowed here: %s", quoted(key.Value), keys(fields))
		case seen[f.key]:
			return key.errorf("%s is given twice", f.key)
		}
		seen[f.key] = true
		if err := f.read(value); err != nil {
			return err
		}
	}
	for _, f := range fields {
		if f.required && !seen[f.key] {
			return n.errorf("%s is missing", f.key)
		}
	}
	return nil
}

func findField(fields []field, key node) *field {
	if !key.isScalar() {
		return nil
	}
	for i := range fields {
		if fields[i].key == key.Value {
			return &fields[i]
		}
	}
	return nil
}

func keys(fields []field) string {
	var names []string
	for _, f := range fields {
		names = append(names, f.key)
	}
	return strings.Join(names, ", ")
}

// list reads a sequence.
func (n node) list(read func(node) error) error {
	if n.Kind != yaml.SequenceNode {
		return n.errorf("expected a list, found %s", n.kind())
	}
	for _, item := range n.Content {
		if err := read(node{n.file, item}); err != nil {
			return err
		}
	}
	return nil
}

// text reads a text as it is written: 2, true and 0755 are texts too.
func (n node) text(into *string) error {
	if !n.isScalar() {
		return n.errorf("expected a text, found %s", n.kind())
	}
	*into = n.Value
	return nil
}

func text(into *string) func(node) error {
	return func(n node) error { return n.text(into) }
}
