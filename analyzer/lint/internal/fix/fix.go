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
	"maps"
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
	lines   []int // of now, nil until somebody asks
}

// set gives a file another text.
func (f *file) set(text []byte) { f.now, f.lines = text, nil }

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
	accepted := map[string][]change{} // by file, against what it held before this pass
	for len(findings) > 0 {
		wanted, waiting := t.propose(findings, accepted, &p)
		refused := len(p.Refused)
		t.accept(wanted, accepted, &p)
		if len(p.Refused) == refused { // else a place that was waited for is free
			p.Waiting = len(waiting)
			break
		}
		findings = waiting
	}
	for name, list := range accepted {
		t.files[name].set(replace(t.files[name].now, list))
	}
	return p
}

// propose picks the fixes that touch no place that is taken, nor that of a fix
// before them. The others wait.
func (t *Tree) propose(findings []finding.Finding, accepted map[string][]change, p *Pass) (wanted []proposal, waiting []finding.Finding) {
	places := map[string]taken{}
	for name, list := range accepted {
		places[name] = places[name].with(list)
	}
	for _, f := range findings {
		changes, err := t.changes(f.Fix.Edits)
		if err != nil {
			p.Refused = append(p.Refused, Refusal{f, err})
			continue
		}
		if overlap(places, changes) {
			waiting = append(waiting, f)
			continue
		}
		for name, list := range changes {
			places[name] = places[name].with(list)
		}
		wanted = append(wanted, proposal{f, changes})
	}
	return wanted, waiting
}

// proposal is a fix that touches no place of another one.
type proposal struct {
	finding finding.Finding
	changes map[string][]change
}

// accept takes the proposals with which the files stay right. A check costs as
// much as the file is long, so that all are checked as one, and only where
// something is wrong, in halves.
func (t *Tree) accept(wanted []proposal, accepted map[string][]change, p *Pass) {
	if len(wanted) == 0 {
		return
	}
	together := map[string][]change{}
	for _, w := range wanted {
		for name, list := range w.changes {
			if together[name] == nil {
				together[name] = slices.Clone(accepted[name])
			}
			together[name] = append(together[name], list...)
		}
	}
	var err error
	for name, list := range together {
		if err = t.check(name, list); err != nil {
			break
		}
	}
	switch {
	case err == nil:
		maps.Copy(accepted, together)
		for _, w := range wanted {
			p.Applied = append(p.Applied, w.finding)
		}
	case len(wanted) == 1:
		p.Refused = append(p.Refused, Refusal{wanted[0].finding, err})
	default:
		half := len(wanted) / 2
		t.accept(wanted[:half], accepted, p)
		t.accept(wanted[half:], accepted, p)
	}
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
		c, err := locate(f, e)
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

// taken are the places of a file that changes touch, sorted, none over another.
type taken []change

// with adds places that touch none of these.
func (t taken) with(list []change) taken {
	for _, c := range list {
		i, _ := slices.BinarySearchFunc(t, c, byPlace)
		t = slices.Insert(t, i, c)
	}
	return t
}

// touches says that a change touches one of the places. An insertion at the border
// of another change does: which of the two came first would be chance.
func (t taken) touches(a change) bool {
	// The first that ends at a's start or later: nothing before it can touch a.
	i, _ := slices.BinarySearchFunc(t, a.start, func(b change, start int) int { return cmp.Compare(b.end, start) })
	for ; i < len(t) && t[i].start <= a.end; i++ {
		b := t[i]
		border := a.start == a.end || b.start == b.end
		if a.start < b.end && b.start < a.end || border {
			return true
		}
	}
	return false
}

func overlap(places map[string]taken, changes map[string][]change) bool {
	for name, list := range changes {
		if slices.ContainsFunc(list, places[name].touches) {
			return true
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
func locate(f *file, e finding.Edit) (change, error) {
	text := f.now
	start, err := f.offset(e.Line, e.Column)
	if err != nil {
		return change{}, err
	}
	end, err := f.offset(e.EndLine, e.EndColumn)
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

// lines are the places in a text where its lines start. A mark at its start has no
// column.
func lines(text []byte) []int {
	at := 0
	if bytes.HasPrefix(text, byteOrderMark) {
		at = len(byteOrderMark)
	}
	starts := []int{at}
	for {
		i := bytes.IndexByte(text[at:], '\n')
		if i < 0 {
			return starts
		}
		at += i + 1
		starts = append(starts, at)
	}
}

// offset is the place of a line and a column in a text. The line behind the last
// one is its end.
func (f *file) offset(line, column int) (int, error) {
	if f.lines == nil {
		f.lines = lines(f.now)
	}
	if line == len(f.lines)+1 && column == 1 {
		return len(f.now), nil
	}
	if line > len(f.lines) {
		return 0, fmt.Errorf("the fix is for line %d, and there are %d", line, len(f.lines))
	}
	if line < 1 || column < 1 {
		return 0, fmt.Errorf("the fix is for %d:%d, where nothing is", line, column)
	}
	end := len(f.now)
	if line < len(f.lines) {
		end = f.lines[line] - 1
	}
	if at := f.lines[line-1] + column - 1; at <= end {
		return at, nil
	}
	return 0, fmt.Errorf("the fix is for %d:%d, where nothing is", line, column)
}
