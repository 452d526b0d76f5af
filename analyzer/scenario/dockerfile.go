package scenario

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// ReplaceText replaces a text that occurs exactly once in the Dockerfile.
type ReplaceText struct {
	Old, New string
}

func (r ReplaceText) String() string {
	return fmt.Sprintf("Dockerfile: replace %s with %s", quoted(r.Old), quoted(r.New))
}
func (r ReplaceText) check() error    { return checkReplacement(r.Old, r.New) }
func (r ReplaceText) paths() []string { return nil }
func (r ReplaceText) apply(f *files) error {
	return f.dockerfile(func(old string) (string, error) { return replaceOnce(old, r.Old, r.New) })
}

// Line is a line of the Dockerfile as it is when the edit is made.
type Line struct {
	Number int    // from 1; 0 when Text says which
	Text   string // the whole line, without the white space around it
}

func (l Line) String() string {
	if l.Number > 0 {
		return "line " + strconv.Itoa(l.Number)
	}
	return quoted(l.Text)
}

func (l Line) check() error {
	if l.Number < 0 || (l.Number == 0) == (strings.TrimSpace(l.Text) == "") {
		return errors.New("the line is not said: give its number, from 1, or its whole text")
	}
	return nil
}

// find returns the index of the line that is meant.
func (l Line) find(lines []string) (int, error) {
	if l.Number > 0 {
		if l.Number > len(lines) {
			return 0, fmt.Errorf("the Dockerfile has no line %d, only %d", l.Number, len(lines))
		}
		return l.Number - 1, nil
	}
	matches := func(line string) bool { return strings.TrimSpace(line) == strings.TrimSpace(l.Text) }
	i := slices.IndexFunc(lines, matches)
	if i < 0 {
		return 0, fmt.Errorf("the Dockerfile has no line %s", quoted(l.Text))
	}
	if j := slices.IndexFunc(lines[i+1:], matches); j >= 0 {
		return 0, fmt.Errorf("lines %d and %d of the Dockerfile are both %s: give the number of the one that is meant", i+1, i+j+2, quoted(l.Text))
	}
	return i, nil
}

// InsertLine puts a line, or several, into the Dockerfile.
type InsertLine struct {
	Text  string // without the last line feed
	At    Line
	After bool // after the line at At, not before it
}

func (i InsertLine) String() string  { return "Dockerfile: insert " + quoted(i.Text) }
func (i InsertLine) check() error    { return i.At.check() }
func (i InsertLine) paths() []string { return nil }

func (i InsertLine) apply(f *files) error {
	return f.dockerfile(func(old string) (string, error) {
		lines := splitLines(old)
		at, err := i.At.find(lines)
		if err != nil {
			return "", err
		}
		if i.After {
			at++
		}
		end := "\n"
		if strings.Contains(old, "\r\n") {
			end = "\r\n"
		}
		if n := len(lines); n > 0 && !strings.HasSuffix(lines[n-1], "\n") {
			lines[n-1] += end
		}
		return strings.Join(slices.Insert(lines, at, i.Text+end), ""), nil
	})
}

// DeleteLine deletes a line of the Dockerfile.
type DeleteLine struct {
	At Line
}

func (d DeleteLine) String() string  { return "Dockerfile: delete " + d.At.String() }
func (d DeleteLine) check() error    { return d.At.check() }
func (d DeleteLine) paths() []string { return nil }

func (d DeleteLine) apply(f *files) error {
	return f.dockerfile(func(old string) (string, error) {
		lines := splitLines(old)
		at, err := d.At.find(lines)
		if err != nil {
			return "", err
		}
		return strings.Join(slices.Delete(lines, at, at+1), ""), nil
	})
}

// splitLines returns the lines with their line feeds.
func splitLines(content string) []string { return slices.Collect(strings.Lines(content)) }

func readDockerfile(n node) (Action, error) {
	switch {
	case n.Has("old"), n.Has("new"):
		var r ReplaceText
		err := n.Object(field{Key: "old", Required: true, Read: text(&r.Old)}, field{Key: "new", Required: true, Read: text(&r.New)})
		return r, err
	case n.Has("insert"):
		i := InsertLine{After: n.Has("after")}
		at := field{Key: "before", Required: true, Read: line(&i.At)}
		if i.After {
			at.Key = "after"
		}
		err := n.Object(field{Key: "insert", Required: true, Read: text(&i.Text)}, at)
		i.Text = strings.TrimSuffix(i.Text, "\n")
		return i, err
	case n.Has("delete"):
		var d DeleteLine
		err := n.Object(field{Key: "delete", Required: true, Read: line(&d.At)})
		return d, err
	}
	return nil, n.Errorf("an edit of the Dockerfile is one of {old: TEXT, new: TEXT}, {insert: LINE, before: LINE}, {insert: LINE, after: LINE} and {delete: LINE}")
}

// line reads a line's number or text.
func line(into *Line) func(node) error {
	return func(n node) error {
		var s string
		if err := n.Text(&s); err != nil {
			return err
		}
		if n.IsInteger() {
			number, err := strconv.Atoi(s)
			if err != nil || number < 1 {
				return n.Errorf("%s is no number of a line: they count from 1", quoted(s))
			}
			into.Number = number
			return nil
		}
		into.Text = s
		return nil
	}
}
