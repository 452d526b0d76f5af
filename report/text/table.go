package text

import "strings"

// A table has rows of cells; a cell has paragraphs. All text in it is clean.
type table struct {
	columns []column
	rows    []row
}

type column struct {
	head  string
	right bool // numbers stand to the right
	mode  mode
	// least is the width that the column has anyway; for one that gives way, the
	// width that it wants at least when it has as much to say.
	least int
	// label goes before the cell where it stands below its row instead of in a
	// column.
	label string
}

// mode is what gives way when a page is narrow.
type mode int

const (
	fixed    mode = iota
	cutting       // ends in a mark; at most one column
	wrapping      // goes on below, or moves below its row
)

type row struct {
	heading string // stands alone, above the rows that it names
	cells   []cell // as many as there are columns
}

type cell []paragraph

type paragraph struct {
	text   string
	style  style
	indent int // more than the cell's
}

// one is a cell of one paragraph, or an empty one.
func one(s style, text string) cell {
	if text == "" {
		return nil
	}
	return cell{{text: text, style: s}}
}

const (
	margin = 2  // before a table
	gap    = 2  // between columns
	deeper = 10 // before what stands below its row
)

// table prints t.
func (p *page) table(t table) {
	l := t.layout(p.opts.Width)
	head, named := make([]cell, len(t.columns)), false
	for i, c := range t.columns {
		head[i] = one(quiet, c.head)
		named = named || c.head != ""
	}
	if named {
		p.row(t, l, head, false)
	}
	for i, r := range t.rows {
		if r.heading == "" {
			p.row(t, l, r.cells, true)
			continue
		}
		if i > 0 {
			p.blank()
		}
		p.wrapped(bold, margin, r.heading)
	}
}

// row prints one row, which may take several lines.
func (p *page) row(t table, l layout, cells []cell, below bool) {
	var lines []line
	first := 0 // the line on which the next column starts
	for i, c := range cells {
		if l.stacked[i] {
			continue
		}
		n := first
		for _, par := range c {
			for k, text := range p.fit(t.columns[i].mode, par, l.widths[i]) {
				start := l.starts[i] + par.indent
				if k > 0 {
					start += hang
				}
				if t.columns[i].right {
					start += l.widths[i] - width(text)
				}
				if width(text) > l.widths[i] {
					first = n + 1
				}
				for len(lines) <= n {
					lines = append(lines, line{})
				}
				lines[n].put(p, par.style, start, text)
				n++
			}
		}
	}
	for i := range lines {
		p.end(lines[i])
	}
	for i, c := range cells {
		if !l.stacked[i] || !below {
			continue
		}
		for _, par := range c {
			p.wrapped(par.style, deeper+par.indent, t.columns[i].label+par.text)
		}
	}
}

// fit returns the lines that a paragraph takes in a column.
func (p *page) fit(m mode, par paragraph, w int) []string {
	switch {
	case p.opts.Width == 0 || m == fixed:
		return []string{par.text}
	case m == cutting:
		return []string{cut(par.text, w, p.glyph.cut)}
	}
	return wrap(par.text, w-par.indent)
}

// line is a line that is written from left to right.
type line struct {
	text []byte
	end  int // in columns
}

// put adds clean text at a column, or where the line ends. Spaces at its end
// are left out.
func (l *line) put(p *page, s style, start int, text string) {
	text = strings.TrimRight(text, " ")
	if text == "" {
		return
	}
	l.text = append(l.text, spaces(start-l.end)...)
	l.text = append(l.text, p.paint(s, text)...)
	l.end = max(start, l.end) + width(text)
}
