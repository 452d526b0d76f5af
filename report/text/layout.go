package text

import (
	"cmp"
	"slices"
)

// layout says where each column of a table stands.
type layout struct {
	starts, widths []int
	stacked        []bool // stands below its row
}

const (
	// tight is where a cutting column ends to shrink. Lines may then be longer
	// than the page.
	tight = 8
	// uncut is how far a cutting column reaches where the page has no width.
	// What is longer keeps all its text, and the row goes on below it.
	uncut = 72
)

// layout fits the table to a page of w columns, or as wide as it gets for 0.
func (t table) layout(w int) layout {
	l := layout{make([]int, len(t.columns)), t.natural(), make([]bool, len(t.columns))}
	if w == 0 {
		for i, c := range t.columns {
			if c.mode == cutting {
				l.widths[i] = min(l.widths[i], uncut)
			}
		}
	} else {
		for i := len(t.columns) - 1; i >= 0 && t.room(l, w) < t.least(l); i-- {
			l.stacked[i] = t.columns[i].mode == wrapping
		}
		t.share(l, max(t.room(l, w), tight))
	}
	at := margin
	for i := range t.columns {
		l.starts[i] = at
		if !l.stacked[i] {
			at += l.widths[i] + gap
		}
	}
	return l
}

// natural returns how wide each column is when nothing is cut or wrapped.
func (t table) natural() []int {
	widths := make([]int, len(t.columns))
	for i, c := range t.columns {
		widths[i] = width(c.head)
		if c.mode == fixed {
			widths[i] = max(widths[i], c.least)
		}
	}
	for _, r := range t.rows {
		for i, c := range r.cells {
			for _, par := range c {
				widths[i] = max(widths[i], par.indent+width(par.text))
			}
		}
	}
	return widths
}

// room is what the fixed columns leave to the others.
func (t table) room(l layout, w int) int {
	w += gap - margin
	for i, c := range t.columns {
		if l.stacked[i] {
			continue
		}
		w -= gap
		if c.mode == fixed {
			w -= l.widths[i]
		}
	}
	return w
}

// least is the room that the other columns want at least. With less, wrapping
// columns are stacked, the last one first.
func (t table) least(l layout) int {
	sum := 0
	for i, c := range t.columns {
		if c.mode != fixed && !l.stacked[i] {
			sum += min(l.widths[i], c.least)
		}
	}
	return sum
}

// share divides room: the cutting column gets what the others do not want, but
// at least two fifths; the others share the rest, and those that want less than
// their part leave it to the rest.
func (t table) share(l layout, room int) {
	var wraps []int
	wanted, least := 0, 0
	for i, c := range t.columns {
		if c.mode == wrapping && !l.stacked[i] {
			wraps = append(wraps, i)
			wanted += l.widths[i]
			least += min(l.widths[i], c.least)
		}
	}
	for i, c := range t.columns {
		if c.mode == cutting {
			fair := max(room-wanted, room*2/5, c.least)
			l.widths[i] = min(l.widths[i], max(room-least, tight), fair)
			room -= l.widths[i]
		}
	}
	slices.SortStableFunc(wraps, func(a, b int) int { return cmp.Compare(l.widths[a], l.widths[b]) })
	for k, i := range wraps {
		l.widths[i] = min(l.widths[i], room/(len(wraps)-k))
		room -= l.widths[i]
	}
}
