// Package strictyaml reads YAML files that people write by hand. They are read node
// by node rather than decoded into structs, so that every error has its line and says
// what is allowed. Aliases are refused, and with them documents that grow when they
// are read.
package strictyaml

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// MaxSize is what a file may have, in bytes.
const MaxSize = 1 << 20

// TooLargeError is a file of more than MaxSize.
type TooLargeError struct{}

func (TooLargeError) Error() string { return fmt.Sprintf("it has more than %d bytes", MaxSize) }

// Form is a kind of file.
type Form struct {
	File        string // its name
	That, Those string // "a scenario", "scenarios"
	// Fail makes an error about a line, from 1.
	Fail func(line int, err error) error
}

// Read reads one document; ok is false where there is none. Errors are those of the
// reader, a TooLargeError, and what Fail makes.
func (f Form) Read(r io.Reader) (n Node, ok bool, err error) {
	source, err := io.ReadAll(io.LimitReader(r, MaxSize+1))
	if err != nil {
		return Node{}, false, err
	}
	if len(source) > MaxSize {
		return Node{}, false, TooLargeError{}
	}
	decoder := yaml.NewDecoder(bytes.NewReader(source))
	var document, more yaml.Node
	if err := decoder.Decode(&document); errors.Is(err, io.EOF) || err == nil && len(document.Content) == 0 {
		return Node{}, false, nil
	} else if err != nil {
		return Node{}, false, f.invalid(err)
	}
	if err := decoder.Decode(&more); err == nil {
		return Node{}, false, f.Fail(more.Line, fmt.Errorf("a second document: %s is one", f.That))
	} else if !errors.Is(err, io.EOF) {
		return Node{}, false, f.invalid(err)
	}
	return Node{&f, document.Content[0]}, true, nil
}

// place is where an error of the YAML package says what it is about.
var place = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

func (f Form) invalid(err error) error {
	match := place.FindStringSubmatch(err.Error())
	if match == nil {
		return f.Fail(1, err)
	}
	number, _ := strconv.Atoi(match[1])
	return f.Fail(max(number, 1), errors.New("not YAML: "+err.Error()[len(match[0]):]))
}
