package strictyaml_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/layerwise/layerwise/analyzer/internal/strictyaml"
)

var form = strictyaml.Form{That: "a plan", Those: "plans", Fail: func(line int, err error) error { return fmt.Errorf("%d: %w", line, err) }}

// read reads a mapping with a text a, which has to be there, and a list b of texts.
func read(source string) (a string, b []string, err error) {
	n, ok, err := form.Read(strings.NewReader(source))
	if err != nil || !ok {
		return "", nil, err
	}
	err = n.Object(
		strictyaml.Field{Key: "a", Required: true, Read: func(n strictyaml.Node) error { return n.Text(&a) }},
		strictyaml.Field{Key: "b", Read: func(n strictyaml.Node) error {
			return n.List(func(n strictyaml.Node) error {
				var text string
				err := n.Text(&text)
				b = append(b, text)
				return err
			})
		}},
	)
	return a, b, err
}

func TestRead(t *testing.T) {
	a, b, err := read("a: 0755 # mode\nb: [off, 2, ~x]\n")
	if err != nil || a != "0755" || strings.Join(b, " ") != "off 2 ~x" {
		t.Errorf("%q, %q, %v", a, b, err)
	}
	for _, empty := range []string{"", "# nothing\n"} {
		if _, ok, err := form.Read(strings.NewReader(empty)); ok || err != nil {
			t.Errorf("%q: %v, %v", empty, ok, err)
		}
	}
	for _, tt := range []struct{ text, want string }{
		{"a: [", "1: not YAML: "},
		{"a: x\n\tb: y", "2: not YAML: "},
		{"a: x\n---\na: y", "2: a second document: a plan is one"},
		{"- a", "1: expected a mapping with a, b, found a list"},
		{"---\n", "2: expected a mapping with a, b, found nothing"},
		{"b: []", "1: a is missing"},
		{"a:\n", "1: expected a text, found nothing"},
		{"a: &x y\nb: *x", "2: expected a list, found an alias, which plans cannot have"},
		{"a: x\nc: y", `2: unknown key "c": allowed here: a, b`},
		{"a: x\na: y", "2: a is given twice"},
		{"a: x\n? [1]\n: y", "2: expected a text, found a list"},
		{"a: x\n" + strings.Repeat("k", 70) + ": y", `2: unknown key "` + strings.Repeat("k", 39) + `…": `},
	} {
		if _, _, err := read(tt.text); err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%q: got %v, want %s", tt.text, err, tt.want)
		}
	}
	var large strictyaml.TooLargeError
	if _, _, err := read(strings.Repeat("#", strictyaml.MaxSize+1)); !errors.As(err, &large) {
		t.Errorf("a large file: %v", err)
	}
}
