package text

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/layerwise/layerwise/report"
)

// Of an instruction over many lines the first ones are shown, unless all fit.
const (
	mostSource = 4
	someSource = 3
)

// source prints the lines that a finding is about, with what it is about marked
// where it is a part of one line.
func (p *page) source(f *report.Finding) {
	lines := f.Source
	rest := 0 // lines that are not shown
	if n := max(f.EndLine-f.Line+1, len(lines)); len(lines) > 0 && n > mostSource && !p.opts.Verbose {
		lines = lines[:min(len(lines), someSource)]
		rest = n - len(lines)
	}
	gutter := len(strconv.Itoa(f.Line + len(lines) - 1))
	for i, text := range lines {
		part := marked{before: text}
		if i == 0 && f.Column > 0 && f.EndLine == f.Line {
			part = mark3(text, f.Column-1, f.EndColumn-1)
		}
		p.sourceLine(f, fmt.Sprintf("%*d", gutter, f.Line+i), part)
	}
	if rest > 0 {
		p.print(quiet, margin+gutter+1, fmt.Sprintf("| %s %s", p.glyph.cut, count(rest, "more line")))
	}
}

// marked is a line with a part that is pointed at.
type marked struct{ before, part, after string }

// mark3 divides a line at bytes that may lie anywhere.
func mark3(text string, from, to int) marked {
	from = min(max(from, 0), len(text))
	to = min(max(to, from), len(text))
	return marked{text[:from], text[from:to], text[to:]}
}

func (p *page) sourceLine(f *report.Finding, number string, m marked) {
	pointed := m.part != "" || m.after != ""
	m = marked{p.sourceText(m.before), p.sourceText(m.part), p.sourceText(m.after)}
	start := margin + len(number) + len(" | ")
	if p.opts.Width > 0 {
		m = m.fit(p.opts.Width-start, p.glyph.cut)
	}
	var l line
	l.put(p, quiet, margin, number+" |")
	l.put(p, plain, start, m.before+m.part+m.after)
	p.end(l)
	if !pointed {
		return
	}
	l = line{}
	l.put(p, quiet, margin+len(number)+1, "|")
	l.put(p, severityStyle[f.Severity], start+width(m.before), strings.Repeat("^", max(width(m.part), 1)))
	p.end(l)
}

// sourceText makes a part of a source line safe to print, and keeps its tabs
// visible as space.
func (p *page) sourceText(s string) string {
	return p.clean(strings.ReplaceAll(s, "\t", "    "))
}

// fit cuts a line to w columns around what is marked in it.
func (m marked) fit(w int, cutMark string) marked {
	if width(m.before)+width(m.part)+width(m.after) <= w {
		return m
	}
	const context = 8 // columns before the mark, where there is no room for all
	if room := max(w-width(m.part), context); width(m.before) > room && m.part+m.after != "" {
		before := []rune(m.before)
		for len(before) > 0 && width(string(before))+width(cutMark) > context {
			before = before[1:]
		}
		m.before = cutMark + string(before)
	}
	m.before = cut(m.before, w, cutMark)
	m.part = cut(m.part, max(w-width(m.before), 0), cutMark)
	m.after = cut(m.after, max(w-width(m.before)-width(m.part), 0), cutMark)
	if strings.HasSuffix(m.part, cutMark) && m.after == cutMark {
		m.after = ""
	}
	return m
}
