package scenario

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/layerwise/layerwise/analyzer/internal/strictyaml"
)

// Load reads a scenario file, whose form the package documentation shows. name
// is for messages. It knows no context: whether the files are there turns out
// in Run. What is wrong with the file is an *Error.
func Load(name string, r io.Reader) (*Scenario, error) {
	document, err := parse(name, r)
	if err != nil {
		return nil, err
	}
	s := &Scenario{}
	steps := func(n node) error {
		return n.List(func(n node) error {
			step, err := readStep(n)
			s.Steps = append(s.Steps, step)
			return err
		})
	}
	if err := document.Object(field{Key: "steps", Required: true, Read: steps}); err != nil {
		return nil, err
	}
	if len(s.Steps) == 0 {
		return nil, document.Errorf("the scenario has no steps: each is a build after the cold one")
	}
	return s, s.check()
}

// node is a part of a scenario file.
type node = strictyaml.Node

// field is a key that a mapping in it may have.
type field = strictyaml.Field

// parse reads one YAML document.
func parse(name string, r io.Reader) (node, error) {
	form := strictyaml.Form{File: name, That: "a scenario", Those: "scenarios", Fail: func(line int, err error) error {
		return &Error{At: Position{name, line}, Err: err}
	}}
	document, ok, err := form.Read(r)
	var wrong *Error
	switch {
	case errors.As(err, &wrong):
		return node{}, err
	case err != nil:
		return node{}, fmt.Errorf("read the scenario %s: %w", name, err)
	case !ok:
		return node{}, form.Fail(1, errors.New("the scenario is empty: expected steps"))
	}
	return document, nil
}

// at is the place of a node.
func at(n node) Position { return Position{File: n.File(), Line: n.Line} }

func readStep(n node) (Step, error) {
	s := Step{At: at(n)}
	edits := func(n node) error {
		return n.List(func(n node) error {
			e, err := readEdit(n)
			s.Edits = append(s.Edits, e)
			return err
		})
	}
	err := n.Object(
		field{Key: "label", Read: text(&s.Label)},
		field{Key: "edits", Read: edits},
		field{Key: "build-args", Read: buildArgs(&s.BuildArgs)},
		field{Key: "prune", Read: yes(&s.Prune)},
	)
	s.Label = strings.Join(strings.Fields(s.Label), " ")
	return s, err
}

// readEdit reads a mapping with one key, the action.
func readEdit(n node) (Edit, error) {
	e := Edit{At: at(n)}
	var fields []field
	for _, a := range actionReaders {
		fields = append(fields, field{Key: a.key, Read: func(n node) error {
			if e.Action != nil {
				return n.Errorf("a second edit in one item of the list: put - before each")
			}
			var err error
			e.Action, err = a.read(n)
			return err
		}})
	}
	if err := n.Object(fields...); err != nil {
		return e, err
	}
	if e.Action == nil {
		return e, n.Errorf("an edit is missing: one of %s", strictyaml.Keys(fields))
	}
	return e, nil
}

// buildArgs reads a mapping from names to texts.
func buildArgs(into *map[string]string) func(node) error {
	return func(n node) error {
		args := map[string]string{}
		err := n.Pairs("a mapping from build arguments to their values", func(key, n node) error {
			var value string
			if err := n.Text(&value); err != nil {
				return err
			}
			if _, twice := args[key.Value]; twice {
				return key.Errorf("%s is given twice", quoted(key.Value))
			}
			args[key.Value] = value
			return nil
		})
		if err != nil {
			return err
		}
		*into = args
		return nil
	}
}

func yes(into *bool) func(node) error {
	return func(n node) error {
		if !n.IsText() || n.Tag != "!!bool" {
			return n.Errorf("expected true or false")
		}
		return n.Decode(into)
	}
}

func text(into *string) func(node) error {
	return func(n node) error { return n.Text(into) }
}
