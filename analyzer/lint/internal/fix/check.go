package fix

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
)

func isMissing(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// check says what is wrong with a file after some changes. Of an ignore file
// everything is right.
func (t *Tree) check(name string, changes []change) error {
	f := t.files[name]
	if strings.HasSuffix(name, ".dockerignore") {
		return nil
	}
	if f.missing {
		return fmt.Errorf("the fix would change %s, which does not exist", name)
	}
	before, err := dockerfile.Parse(name, f.now)
	if err != nil {
		return err
	}
	after, err := dockerfile.Parse(name, replace(f.now, changes))
	if err != nil {
		return fmt.Errorf("the file would not parse: %w", err)
	}
	if before.Escape != after.Escape {
		return errors.New("the file would have another escape character")
	}
	if err := kept("directive", notes(before.Directives, directive), notes(after.Directives, directive), changes); err != nil {
		return err
	}
	return kept("comment", notes(before.Comments, comment), notes(after.Comments, comment), changes)
}

// note is a comment or a directive.
type note struct {
	text string
	line int
}

func comment(c dockerfile.Comment) note     { return note{c.Text, c.Line} }
func directive(d dockerfile.Directive) note { return note{d.Name + "=" + d.Value, d.Line} }

func notes[T any](list []T, of func(T) note) []note {
	out := make([]note, len(list))
	for i, one := range list {
		out[i] = of(one)
	}
	return out
}

// kept says which note is lost, or new. Those that a change is about, and nothing
// else, may be.
func kept(what string, before, after []note, changes []change) error {
	count := map[string]int{}
	for _, n := range after {
		count[n.text]++
	}
	for _, n := range before {
		if count[n.text] > 0 {
			count[n.text]--
		} else if !meant(n.line, changes) {
			return fmt.Errorf("the %s on line %d would be lost", what, n.line)
		}
	}
	for _, n := range after {
		if count[n.text] > 0 && !written(n.text, changes) {
			return fmt.Errorf("line %d would become a %s", n.line, what)
		}
	}
	return nil
}

// meant says that a change replaces a line or a part of it, and nothing else.
func meant(line int, changes []change) bool {
	for _, c := range changes {
		e := c.edit
		if c.start < c.end && e.Line == line && (e.EndLine == line || e.EndLine == line+1 && e.EndColumn == 1) {
			return true
		}
	}
	return false
}

// written says that a change has a note's text in it, or a part of one line.
func written(text string, changes []change) bool {
	for _, c := range changes {
		if c.edit.Line == c.edit.EndLine && c.edit.Column > 1 || strings.Contains(string(c.text), text) {
			return true
		}
	}
	return false
}
