package text

import (
	"fmt"
	"strings"

	"github.com/layerwise/layerwise/report"
)

// findings prints a line for each finding, where it stands first, so that editors
// and people can go there, and below it the source.
func (p *page) findings(r *report.Report) {
	all := r.Findings
	if len(all) == 0 {
		in := ""
		if len(r.Files) > 0 {
			in = " in " + count(len(r.Files), "file")
		}
		p.print(plain, 0, "no findings"+in)
		return
	}
	if p.buf.Len() > 0 {
		p.blank()
	}
	files := map[string]bool{}
	counts := map[string]int{}
	fixes := map[string]int{}
	for i := range all {
		f := &all[i]
		files[f.File] = true
		counts[f.Severity]++
		if f.Fix != nil {
			fixes[f.Fix.Safety]++
		}
		p.finding(f)
	}
	var parts []string
	for _, severity := range []string{"error", "warning", "info"} {
		if n := counts[severity]; n > 0 && severity == "info" {
			parts = append(parts, fmt.Sprintf("%d info", n))
		} else if n > 0 {
			parts = append(parts, count(n, severity))
		}
		delete(counts, severity)
	}
	others := 0
	for _, n := range counts {
		others += n
	}
	if others > 0 {
		parts = append(parts, fmt.Sprintf("%d of another severity", others))
	}
	p.blank()
	p.wrapped(bold, 0, listed(parts)+" in "+inFiles(len(files), len(r.Files)))
	if safe, review := fixes["safe"], fixes["review"]; safe > 0 {
		p.wrapped(plain, 0, fmt.Sprintf("--fix mends %d of them%s", safe, more(review, ", --fix=review %d more")))
	} else {
		p.wrapped(plain, 0, more(review, "--fix=review mends %d of them"))
	}
}

// inFiles says how many files have findings, of those that were looked at.
func inFiles(with, looked int) string {
	if looked <= with {
		return count(with, "file")
	}
	return fmt.Sprintf("%d of %s", with, count(looked, "file"))
}

func more(n int, format string) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(format, n)
}

func (p *page) finding(f *report.Finding) {
	place := p.clean(f.File)
	if f.Line > 0 {
		place += fmt.Sprintf(":%d", f.Line)
		if f.Column > 0 {
			place += fmt.Sprintf(":%d", f.Column)
		}
	}
	tag := p.clean(f.Rule)
	if f.Basis != "" {
		tag = strings.TrimPrefix(tag+", "+p.clean(f.Basis), ", ")
	}
	severity := p.clean(f.Severity)
	text := fmt.Sprintf("%s %s %s [%s]", place, severity, p.says(f.Message), tag)
	for i, words := range wrap(text, p.opts.Width) {
		var l line
		if i > 0 {
			l.put(p, plain, hang, words)
		} else if rest, ok := strings.CutPrefix(words, place+" "+severity); ok {
			l.put(p, bold, 0, place)
			l.put(p, severityStyle[f.Severity], l.end+1, severity)
			l.put(p, plain, 0, rest)
		} else {
			l.put(p, plain, 0, words)
		}
		p.end(l)
	}
	p.source(f)
	if f.Fix != nil && f.Fix.Message != "" {
		safety := ""
		if f.Fix.Safety == "review" {
			safety = " (to be reviewed)"
		}
		p.wrapped(quiet, margin, "fix: "+p.says(f.Fix.Message)+safety)
	}
	if f.URL != "" && p.opts.Verbose {
		p.print(quiet, margin, p.clean(f.URL))
	}
}

var severityStyle = map[string]style{"error": loud, "warning": yellow, "info": cyan}
