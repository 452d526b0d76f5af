package strictyaml

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Node is a part of a file.
type Node struct {
	form *Form
	*yaml.Node
}

// Field is a key that a mapping may have.
type Field struct {
	Key      string
	Required bool
	Read     func(Node) error
}

// File is the name of the file that the node is in.
func (n Node) File() string { return n.form.File }

// Errorf is an error about the node's line.
func (n Node) Errorf(format string, args ...any) error {
	return n.form.Fail(n.Line, fmt.Errorf(format, args...))
}

// Is is what the node is, in words.
func (n Node) Is() string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias, which " + n.form.Those + " cannot have"
	}
	if n.IsNull() {
		return "nothing"
	}
	return "a text"
}

// IsNull says that nothing is there, or null, or ~.
func (n Node) IsNull() bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// IsText says that the node is a text; 2, off and 0755 are.
func (n Node) IsText() bool { return n.Kind == yaml.ScalarNode && n.Tag != "!!null" }

// IsInteger says that YAML takes it for a whole number.
func (n Node) IsInteger() bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!int" }

// Has says whether a mapping has this key.
func (n Node) Has(key string) bool {
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

// Pairs reads a mapping whose keys are texts. A key that is there twice is read
// twice.
func (n Node) Pairs(expected string, read func(key, value Node) error) error {
	if n.Kind != yaml.MappingNode {
		return n.Errorf("expected %s, found %s", expected, n.Is())
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := Node{n.form, n.Content[i]}, Node{n.form, n.Content[i+1]}
		var name string
		if err := key.Text(&name); err != nil {
			return err
		}
		if err := read(key, value); err != nil {
			return err
		}
	}
	return nil
}

// Object reads a mapping that has these fields and no other, each once.
func (n Node) Object(fields ...Field) error {
	seen := map[string]bool{}
	err := n.Pairs("a mapping with "+Keys(fields), func(key, value Node) error {
		f := find(fields, key.Value)
		switch {
		case f == nil:
			return key.Errorf("unknown key %s: allowed here: %s", quoted(key.Value), Keys(fields))
		case seen[f.Key]:
			return key.Errorf("%s is given twice", f.Key)
		}
		seen[f.Key] = true
		return f.Read(value)
	})
	if err != nil {
		return err
	}
	for _, f := range fields {
		if f.Required && !seen[f.Key] {
			return n.Errorf("%s is missing", f.Key)
		}
	}
	return nil
}

func find(fields []Field, key string) *Field {
	for i := range fields {
		if fields[i].Key == key {
			return &fields[i]
		}
	}
	return nil
}

// Keys are those of fields, for a message.
func Keys(fields []Field) string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Key
	}
	return strings.Join(names, ", ")
}

// List reads a sequence.
func (n Node) List(read func(Node) error) error {
	if n.Kind != yaml.SequenceNode {
		return n.Errorf("expected a list, found %s", n.Is())
	}
	for _, item := range n.Content {
		if err := read(Node{n.form, item}); err != nil {
			return err
		}
	}
	return nil
}

// Text reads a text as it is written.
func (n Node) Text(into *string) error {
	if !n.IsText() {
		return n.Errorf("expected a text, found %s", n.Is())
	}
	*into = n.Value
	return nil
}

// maxQuoted bounds what a message repeats of a file, in characters.
const maxQuoted = 40

// quoted is a text of the file for a message: on one line, in quotes, cut where it is
// long.
func quoted(text string) string {
	runes := []rune(strings.Join(strings.Fields(text), " "))
	if len(runes) > maxQuoted {
		runes = append(runes[:maxQuoted-1], '…')
	}
	return fmt.Sprintf("%q", string(runes))
}
