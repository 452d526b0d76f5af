// Package fix applies the fixes of findings to files in memory, and writes files.
//
// # Design
//
// Fixes are made against the text that was linted. In one pass, those that touch no
// common place are applied together; the others wait for the next pass, in which
// the mended text is linted again, until there is nothing left to fix. That is how
// ruff and ESLint do it, and it keeps rules from having to know each other.
//
// A fix comes from a rule that looked at one finding, and the text is somebody's
// work, so that none is taken on trust: the mended file has to parse, with the
// directives and the comments that it had, but for those that the fix is about. A
// fix that does not is refused, and the others are applied. A file whose fixes do
// not come to an end is left as it was.
package fix

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/layerwise/layerwise/analyzer/lint/finding"
)

// Tree holds the files that fixes change. Nothing is written to a disk.
type Tree struct {
	// Read returns what is in a file, an error that is fs.ErrNotExist for one that
	// does not exist.
	Read func(name string) ([]byte, error)
	// May says whether a fix may change or make a file; nil for every one.
	May func(name string) bool

	files map[string]*file
}

type file struct {
	old     []byte // as read
	missing bool   // did not exist
	now     []byte
}

// Refusal is a fix that was not applied, and why.
type Refusal struct {
	Finding finding.Finding
	Err     error
}

// Pass is what became of the fixes of one pass.
type Pass struct {
	Applied []finding.Finding
	Waiting int // that would have overlapped another
	Refused []Refusal
}

// Content is what a file holds now.
func (t *Tree) Content(name string) ([]byte, error) {
	f, err := t.open(name)
	if err != nil {
		return nil, err
	}
	return f.now, nil
}

// Changed returns what a file holds now, where fixes changed it.
func (t *Tree) Changed(name string) (now []byte, changed bool) {
	f := t.files[name]
	if f == nil || bytes.Equal(f.old, f.now) {
		return nil, false
	}
	return f.now, true
}

func (t *Tree) open(name string) (*file, error) {
	if f := t.files[name]; f != nil {
		return f, nil
	}
	data, err := t.Read(name)
	f := &file{old: data, now: data}
	if isMissing(err) {
		f.missing = true
	} else if err != nil {
		return nil, err
	}
	if t.files == nil {
		t.files = map[string]*file{}
	}
	t.files[name] = f
	return f, nil
}

// Apply applies the fixes of findings, the first ones first. Each of them needs a
// fix. All edits of a fix are applied, or none.
func (t *Tree) Apply(findings []finding.Finding) Pass {
	var p Pass
	taken := map[string][]change{} // by file, against what it held before this pass
	for _, f := range findings {
		changes, err := t.changes(f.Fix.Edits)
		if err != nil {
			p.Refused = append(p.Refused, Refusal{f, err})
			continue
		}
		if overlap(taken, changes) {
			p.Waiting++
			continue
		}
		together := map[string][]change{}
		for name, list := range changes {
			together[name] = slices.Concat(taken[name], list)
			if err = t.check(name, together[name]); err != nil {
				break
			}
		}
		if err != nil {
			p.Refused = append(p.Refused, Refusal{f, err})
			continue
		}
		for name, list := range together {
			taken[name] = list
		}
		p.Applied = append(p.Applied, f)
	}
	for name, list := range taken {
		f := t.files[name]
		f.now = replace(f.now, list)
	}
	return p
}

// change is an edit in bytes of a file.
type change struct {
	start, end int
	text       []byte
	edit       finding.Edit
}

// changes turns edits into changes of files, those of one file sorted.
func (t *Tree) changes(edits []finding.Edit) (map[string][]change, error) {
	if len(edits) == 0 {
		return nil, errors.New("the fix changes nothing")
	}
	all := map[string][]change{}
	for _, e := range edits {
		if t.May != nil && !t.May(e.File) {
			return nil, fmt.Errorf("the fix would change %s, which is not linted here", e.File)
		}
		f, err := t.open(e.File)
		if err != nil {
			return nil, err
		}
		c, err := locate(f.now, e)
		if err != nil {
			return nil, err
		}
		all[e.File] = append(all[e.File], c)
	}
	for name, list := range all {
		slices.SortStableFunc(list, byPlace)
		for i := range list[1:] {
			if list[i].end > list[i+1].start {
				return nil, fmt.Errorf("the fix changes one place of %s twice", name)
			}
		}
	}
	return all, nil
}

func byPlace(a, b change) int { return cmp.Or(a.start-b.start, a.end-b.end) }

// overlap says that changes touch what is taken. An insertion at the border of
// another change does: which of the two came first would be chance.
func overlap(taken, changes map[string][]change) bool {
	for name, list := range changes {
		for _, a := range list {
			for _, b := range taken[name] {
				border := a.start == a.end || b.start == b.end
				if a.start < b.end && b.start < a.end || border && a.start <= b.end && b.start <= a.end {
					return true
				}
			}
		}
	}
	return false
}

// replace returns text with changes that do not overlap.
func replace(text []byte, changes []change) []byte {
	changes = slices.Clone(changes)
	slices.SortStableFunc(changes, byPlace)
	var out bytes.Buffer
	at := 0
	for _, c := range changes {
		out.Write(text[at:c.start])
		out.Write(c.text)
		at = c.end
	}
	out.Write(text[at:])
	return out.Bytes()
}

var byteOrderMark = []byte("\ufeff")

// locate finds the place of an edit in a text, and gives its new text the line
// endings that the old one has.
func locate(text []byte, e finding.Edit) (change, error) {
	start, err := offset(text, e.Line, e.Column)
	if err != nil {
		return change{}, err
	}
	end, err := offset(text, e.EndLine, e.EndColumn)
	if err != nil {
		return change{}, err
	}
	if end < start {
		return change{}, fmt.Errorf("the fix ends before it starts, at %d:%d", e.Line, e.Column)
	}
	insert := strings.ReplaceAll(e.Text, "\r\n", "\n")
	if start == len(text) && start > 0 && text[start-1] != '\n' && e.Column == 1 && e.Line > 1 && insert != "" {
		insert = "\n" + strings.TrimSuffix(insert, "\n") // a line below a last one without an ending
	}
	if i := bytes.IndexByte(text, '\n'); i > 0 && text[i-1] == '\r' {
		insert = strings.ReplaceAll(insert, "\n", "\r\n")
	}
	return change{start: start, end: end, text: []byte(insert), edit: e}, nil
}

// offset is the place of a line and a column in a text. A mark at its start has no
// column, and the line behind the last one is its end.
func offset(text []byte, line, column int) (int, error) {
	at := 0
	if bytes.HasPrefix(text, byteOrderMark) {
		at = len(byteOrderMark)
	}
	for n := 1; n < line; n++ {
		i := bytes.IndexByte(text[at:], '\n')
		if i < 0 {
			if n == line-1 && column == 1 {
				return len(text), nil
			}
			return 0, fmt.Errorf("the fix is for line %d, and there are %d", line, n)
		}
		at += i + 1
	}
	length := bytes.IndexByte(text[at:], '\n')
	if length < 0 {
		length = len(text) - at
	}
	if line < 1 || column < 1 || column-1 > length {
		return 0, fmt.Errorf("the fix is for %d:%d, where nothing is", line, column)
	}
	return at + column - 1, nil
}
