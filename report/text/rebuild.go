package text

import (
	"slices"
	"strconv"
	"strings"

	"github.com/layerwise/layerwise/report"
)

// The columns of a matrix.
const (
	cellWidth = 4 // "MISS"
	// comfortable is how much of the longest instruction is shown before a
	// matrix is split into groups of builds.
	comfortable = 36
	mostCols    = 20 // builds side by side where the page has no width
)

// matrix prints an experiment: instructions down, builds across, and below it
// what each build was and why it missed.
func (p *page) matrix(r *report.Report) {
	views := make([]*view, len(r.Builds))
	for i := range r.Builds {
		views[i] = newView(p, r.Kind, &r.Builds[i])
	}
	whole := experiment(r.Builds)
	p.header(newView(p, r.Kind, &whole), count(len(r.Builds), "build"))
	p.warnings(whole.Warnings)
	p.blank()
	rows := instructions(p, views, report.Align(r.Builds))
	if len(rows) == 0 {
		p.print(plain, margin, "no instructions")
		p.blank()
	}
	for from, n := 0, p.columnsAt(rows, len(views)); from < len(views) && len(rows) > 0; from += n {
		p.table(p.group(rows, from, min(from+n, len(views))))
		p.blank()
	}
	if slices.ContainsFunc(rows, func(r matrixRow) bool { return r.skipped }) {
		p.print(quiet, margin, p.glyph.notHere+" not needed, or not reached")
		p.blank()
	}
	p.table(builds(p, views))
}

// matrixRow is one instruction, or the heading of a platform.
type matrixRow struct {
	heading string
	line    cell
	text    cell
	marks   []mark
	skipped bool // a build did not run it
}

// experiment is the first build, with what any of them has to say above the
// matrix.
func experiment(builds []report.BuildReport) report.BuildReport {
	whole := builds[0]
	whole.StandIns, whole.Warnings = nil, nil
	for _, b := range builds {
		whole.StandIns = append(whole.StandIns, b.StandIns...)
		for _, w := range b.Warnings {
			if !slices.Contains(whole.Warnings, w) {
				whole.Warnings = append(whole.Warnings, w)
			}
		}
	}
	return whole
}

// instructions are the rows that are shown, with a heading for each platform where
// there are several.
func instructions(p *page, views []*view, all []report.Row) []matrixRow {
	several := slices.ContainsFunc(all, func(r report.Row) bool { return r.Platform != all[0].Platform })
	var rows []matrixRow
	platform := ""
	for i, of := range all {
		r, shown := newMatrixRow(views, of)
		if !shown {
			continue
		}
		if several && (i == 0 || of.Platform != platform) {
			platform = of.Platform
			rows = append(rows, matrixRow{heading: p.platform(platform)})
		}
		rows = append(rows, r)
	}
	return rows
}

// newMatrixRow takes line and text from the last build that has the
// instruction; false where none of them shows it.
func newMatrixRow(views []*view, of report.Row) (r matrixRow, shown bool) {
	r.marks = make([]mark, len(views))
	for i, id := range of.Steps {
		v := views[i]
		s := v.steps[id]
		if s == nil || v.hides(s) {
			continue
		}
		shown = true
		r.line, r.text = v.number(s), v.instruction(s)
		r.marks[i] = v.mark(s.Outcome, v.standsOut(s))
		r.skipped = r.skipped || r.marks[i].short == v.glyph.notHere
	}
	return r, shown
}

// columnsAt returns how many of n builds stand side by side, so that the
// groups are of much the same size.
func (p *page) columnsAt(rows []matrixRow, n int) int {
	most := mostCols
	if p.opts.Width > 0 {
		longest := 0
		for _, r := range rows {
			for _, par := range r.text {
				longest = max(longest, width(par.text))
			}
		}
		line := margin + len("LINE") + gap
		most = (p.opts.Width - line - min(longest, comfortable)) / (gap + cellWidth)
		most = max(most, 2)
	}
	groups := (n + most - 1) / most
	return (n + groups - 1) / groups
}

// group is the part of the matrix with the builds from…to.
func (p *page) group(rows []matrixRow, from, to int) table {
	t := table{columns: []column{{head: "LINE", right: true}, {head: "INSTRUCTION", mode: cutting, least: 20}}}
	for i := from; i < to; i++ {
		t.columns = append(t.columns, column{head: strconv.Itoa(i + 1), least: cellWidth})
	}
	for _, r := range rows {
		if r.heading != "" {
			t.rows = append(t.rows, row{heading: r.heading})
			continue
		}
		cells := []cell{r.line, r.text}
		for _, m := range r.marks[from:to] {
			cells = append(cells, one(m.style, m.short))
		}
		t.rows = append(t.rows, row{cells: cells})
	}
	return t
}

// builds is the legend of the matrix: what each build was, and what came of it.
func builds(p *page, views []*view) table {
	t := table{columns: []column{
		{head: "BUILD", right: true},
		{head: "CHANGE", mode: wrapping, least: 16},
		{head: "TIME", right: true},
		{head: "RESULT", mode: wrapping, least: 36},
	}}
	for i, v := range views {
		t.rows = append(t.rows, row{cells: []cell{
			one(quiet, strconv.Itoa(i+1)),
			one(bold, p.clean(v.build.Label)),
			one(plain, duration(v.build.Seconds)),
			v.result(),
		}})
	}
	return t
}

// result is the summary of a build as a cell.
func (v *view) result() cell {
	b := *v.build
	b.Seconds = 0 // has a column
	short := *v
	short.build = &b
	c := one(plain, short.sentence())
	for _, l := range v.roots() {
		c = append(c, paragraph{text: l, indent: hang})
	}
	if b.Error != "" {
		first, _, _ := strings.Cut(strings.TrimSpace(b.Error), "\n")
		c = append(c, paragraph{text: v.errorLine(first), style: loud, indent: hang})
	}
	return c
}
