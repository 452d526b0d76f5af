// Package text renders a report for people: one table, a sentence, and what
// each cause of its own cost.
//
// # Design
//
// Every kind of report is a header, a table and some lines below it, and each
// kind has a file that fills these. One table layout serves all of them: it
// cuts instructions and wraps reasons to the width of a terminal, and puts
// reasons below their row where the terminal is too narrow for a column.
//
// Whatever comes from a Dockerfile, a context or an engine passes through
// page.clean, at the place where it becomes part of a line and nowhere
// earlier. After it, no text can move a cursor, change a colour, reorder the
// line or start another one.
package text

import (
	"bytes"
	"io"

	"github.com/layerwise/layerwise/report"
)

// Renderer is the text format.
type Renderer struct{}

// Name is "text".
func (Renderer) Name() string { return "text" }

// Render writes r as text. It needs no normalized report.
func (Renderer) Render(w io.Writer, r *report.Report, o report.Options) error {
	p := newPage(o)
	for i := range r.Builds {
		if r.Kind == report.Rebuild {
			p.matrix(r)
			break
		}
		if i > 0 {
			p.blank()
		}
		v := newView(p, r.Kind, &r.Builds[i])
		if r.Kind == report.Explain {
			p.explain(v)
		} else {
			p.build(v)
		}
	}
	if r.Kind == report.Lint || len(r.Findings) > 0 {
		p.findings(r)
	}
	if p.buf.Len() == 0 {
		p.print(plain, 0, "nothing to report")
	}
	_, err := w.Write(p.buf.Bytes())
	return err
}

// page collects the lines of one report.
type page struct {
	opts  report.Options
	glyph glyphs
	buf   bytes.Buffer
}

// The narrowest and the widest page that is laid out as asked. A terminal that
// says that it has 3 columns is not believed.
const (
	minWidth = 40
	maxWidth = 1000
)

func newPage(o report.Options) *page {
	if o.Width > 0 {
		o.Width = min(max(o.Width, minWidth), maxWidth)
	}
	p := &page{opts: o, glyph: unicodeGlyphs}
	if o.ASCII {
		p.glyph = asciiGlyphs
	}
	return p
}

// print writes one line of clean text.
func (p *page) print(s style, indent int, text string) {
	var l line
	l.put(p, s, indent, text)
	p.end(l)
}

// end writes a line that was put together.
func (p *page) end(l line) {
	p.buf.Write(l.text)
	p.buf.WriteByte('\n')
}

// wrapped writes clean text that continues below itself.
func (p *page) wrapped(s style, indent int, text string) {
	width := 0
	if p.opts.Width > 0 {
		width = p.opts.Width - indent
	}
	for i, l := range wrap(text, width) {
		if i == 1 {
			indent += hang
		}
		p.print(s, indent, l)
	}
}

func (p *page) blank() { p.buf.WriteByte('\n') }
