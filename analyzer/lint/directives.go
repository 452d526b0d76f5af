package lint

import (
	"fmt"
	"strings"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// hasMalformedCheck says that BuildKit refuses a file for its check directive.
func hasMalformedCheck(f *dockerfile.File) bool {
	for _, d := range f.Directives {
		if d.Name == "check" {
			if _, err := linter.ParseLintOptions(d.Value); err != nil {
				return true
			}
		}
	}
	return false
}

// checkDirectives looks at check comments: the directive at the top of the file,
// which a mistake makes BuildKit refuse, and those above instructions, which a
// mistake makes it ignore.
func checkDirectives(p *Pass) {
	for _, d := range p.File.Directives {
		if d.Name != "check" {
			continue
		}
		options, err := linter.ParseLintOptions(d.Value)
		if err != nil {
			p.report(finding.Finding{Span: line(d.Line), Severity: finding.Error, Message: "BuildKit refuses the file: " + oneLine(err.Error())})
			continue
		}
		p.unknownChecks(d.Line, options)
	}
	if len(p.File.Comments) == 0 {
		return
	}
	obeyed := map[int]bool{}
	for _, in := range p.File.All() {
		if c, ok := firstCheck(in.Comments); ok && in.Stage != nil {
			obeyed[c.Line] = true
		}
	}
	for _, c := range p.File.Comments {
		if value, ok := checkValue(c.Text); ok {
			p.checkComment(c.Line, value, obeyed[c.Line])
		}
	}
}

func (p *Pass) checkComment(at int, value string, obeyed bool) {
	if !obeyed {
		p.ReportAt(line(at), "BuildKit does not read a check comment here: put it on the first lines of the file, or right above an instruction", nil)
		return
	}
	value, _, _ = strings.Cut(value, " ")
	options, err := linter.ParseLintOptions(value)
	switch {
	case err != nil:
		p.ReportAt(line(at), "BuildKit ignores the comment: "+oneLine(err.Error()), nil)
	case options.ReturnAsError:
		p.ReportAt(line(at), "BuildKit obeys error=true at the top of the file only", nil)
	default:
		p.unknownChecks(at, options)
	}
}

// unknownChecks reports names that no check of BuildKit's has.
func (p *Pass) unknownChecks(at int, options *linter.Config) {
	for _, name := range append(options.SkipRules, options.ExperimentalRules...) {
		known, like := isCheck(name)
		switch {
		case known || name == "":
		case like != "":
			p.ReportAt(line(at), fmt.Sprintf("BuildKit has no check %q; did you mean %s?", name, like), nil)
		default:
			p.ReportAt(line(at), fmt.Sprintf("BuildKit has no check %q", name), nil)
		}
	}
}

// isCheck says that BuildKit has a check of this name, else one that differs in
// case alone.
func isCheck(name string) (known bool, like string) {
	for _, r := range BuildKit() {
		if r.ID == name {
			return true, ""
		}
		if strings.EqualFold(r.ID, name) {
			like = r.ID
		}
	}
	return false, like
}

// firstCheck returns the comment that BuildKit obeys above an instruction: the
// first that is a check (Linter.WithMergedConfigFromComments).
func firstCheck(comments []dockerfile.Comment) (dockerfile.Comment, bool) {
	for _, c := range comments {
		if _, ok := checkValue(c.Text); ok {
			return c, true
		}
	}
	return dockerfile.Comment{}, false
}

// checkValue returns what follows check= in a comment.
func checkValue(comment string) (string, bool) {
	if !strings.Contains(comment, "=") || !strings.HasPrefix(strings.ToLower(comment), "check") {
		return "", false
	}
	var p parser.DirectiveParser
	p.SetComment("")
	d, err := p.ParseLine([]byte(comment))
	if err != nil || d == nil || d.Name != "check" {
		return "", false
	}
	return d.Value, true
}

func line(n int) finding.Span { return finding.Span{Line: n, EndLine: n} }
