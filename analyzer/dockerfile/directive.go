package dockerfile

import (
	"bytes"
	"slices"
	"unicode"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// Directive is a parser directive: a comment at the very top of the file that
// changes how the rest is read.
type Directive struct {
	Name  string // "syntax", "escape" or "check"
	Value string // all that follows the =, without surrounding white space
	Line  int
}

// directives returns the directives that BuildKit obeys. It looks for them
// twice, with different rules, which are kept: the parser finds escape, allows
// white space before the #, and ends at a shebang line; the frontend finds
// syntax and check, wants the # in the first column, and skips a shebang line.
func (t text) directives() []Directive {
	var found []Directive
	for _, d := range t.parserDirectives() {
		if d.Name == "escape" {
			found = append(found, d)
		}
	}
	if _, value, at, ok := parser.DetectSyntax(t.src); ok {
		found = append(found, Directive{Name: "syntax", Value: value, Line: at[0].Start.Line})
	}
	if _, value, at, ok := parser.ParseDirective("check", t.src); ok {
		found = append(found, Directive{Name: "check", Value: value, Line: at[0].Start.Line})
	}
	slices.SortFunc(found, func(a, b Directive) int { return a.Line - b.Line })
	return found
}

// parserDirectives returns all directives that BuildKit's parser reads, up to
// the first that it refuses.
func (t text) parserDirectives() []Directive {
	found, _ := t.scanDirectives()
	return found
}

// scanDirectives follows parser.Parse. The second result is the line of the
// directive at which parser.Parse stops with an error, else 0.
func (t text) scanDirectives() ([]Directive, int) {
	var found []Directive
	var p parser.DirectiveParser
	for n := 1; n <= t.count(); n++ {
		line := bytes.TrimLeftFunc(bytes.TrimRight(t.raw(n), "\r\n"), unicode.IsSpace)
		d, err := p.ParseLine(line)
		if err != nil {
			return found, n
		}
		if d == nil {
			break
		}
		if d.Name == "escape" && d.Value != "`" && d.Value != `\` {
			return found, n
		}
		found = append(found, Directive{Name: d.Name, Value: d.Value, Line: n})
	}
	return found, 0
}
