package scenario

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxFile bounds the size of a scenario file, in bytes.
const maxFile = 1 << 20

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
		return n.list(func(n node) error {
			step, err := readStep(n)
			s.Steps = append(s.Steps, step)
			return err
		})
	}
	if err := document.object(field{"steps", required, steps}); err != nil {
		return nil, err
	}
	if len(s.Steps) == 0 {
		return nil, document.errorf("the scenario has no steps: each is a build after the cold one")
	}
	return s, s.check()
}

// yamlLine is the place in an error of the YAML package.
var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

// parse reads one YAML document.
func parse(name string, r io.Reader) (node, error) {
	source, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return node{}, fmt.Errorf("read the scenario %s: %w", name, err)
	}
	if len(source) > maxFile {
		return node{}, fmt.Errorf("read the scenario %s: it has more than %d bytes", name, maxFile)
	}
	decoder := yaml.NewDecoder(strings.NewReader(string(source)))
	var document, more yaml.Node
	if err := decoder.Decode(&document); errors.Is(err, io.EOF) || err == nil && len(document.Content) == 0 {
		return node{}, &Error{At: Position{name, 1}, Err: errors.New("the scenario is empty: expected steps")}
	} else if err != nil {
		return node{}, yamlError(name, err)
	}
	if err := decoder.Decode(&more); err == nil {
		return node{}, node{name, &more}.errorf("a second document: a scenario is one")
	} else if !errors.Is(err, io.EOF) {
		return node{}, yamlError(name, err)
	}
	return node{name, document.Content[0]}, nil
}

func yamlError(name string, err error) error {
	match := yamlLine.FindStringSubmatch(err.Error())
	if match == nil {
		return &Error{At: Position{name, 1}, Err: err}
	}
	number, _ := strconv.Atoi(match[1])
	return &Error{At: Position{name, max(number, 1)}, Err: errors.New("not YAML: " + err.Error()[len(match[0]):])}
}

func readStep(n node) (Step, error) {
	s := Step{At: n.at()}
	edits := func(n node) error {
		return n.list(func(n node) error {
			e, err := readEdit(n)
			s.Edits = append(s.Edits, e)
			return err
		})
	}
	err := n.object(
		field{"label", optional, text(&s.Label)},
		field{"edits", optional, edits},
		field{"build-args", optional, buildArgs(&s.BuildArgs)},
		field{"prune", optional, yes(&s.Prune)},
	)
	s.Label = strings.Join(strings.Fields(s.Label), " ")
	return s, err
}

// readEdit reads a mapping with one key, the action.
func readEdit(n node) (Edit, error) {
	e := Edit{At: n.at()}
	var fields []field
	for _, a := range actionReaders {
		fields = append(fields, field{a.key, optional, func(n node) error {
			if e.Action != nil {
				return n.errorf("a second edit in one item of the list: put - before each")
			}
			var err error
			e.Action, err = a.read(n)
			return err
		}})
	}
	if err := n.object(fields...); err != nil {
		return e, err
	}
	if e.Action == nil {
		return e, n.errorf("an edit is missing: one of %s", keys(fields))
	}
	return e, nil
}

// buildArgs reads a mapping from names to texts.
func buildArgs(into *map[string]string) func(node) error {
	return func(n node) error {
		if n.Kind != yaml.MappingNode {
			return n.errorf("expected a mapping from build arguments to their values, found %s", n.kind())
		}
		args := map[string]string{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			var name, value string
			key := node{n.file, n.Content[i]}
			if err := errors.Join(key.text(&name), node{n.file, n.Content[i+1]}.text(&value)); err != nil {
				return err
			}
			if _, twice := args[name]; twice {
				return key.errorf("%s is given twice", quoted(name))
			}
			args[name] = value
		}
		*into = args
		return nil
	}
}

func yes(into *bool) func(node) error {
	return func(n node) error {
		if !n.isScalar() || n.Tag != "!!bool" {
			return n.errorf("expected true or false")
		}
		return n.Decode(into)
	}
}
