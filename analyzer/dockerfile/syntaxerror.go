package dockerfile

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/pkg/errors"
)

// Bounds of what an error repeats from the source.
const (
	longestMessage = 500 // bytes
	longestLine    = 200 // bytes of a line in an excerpt
	longestExcerpt = 24  // lines
	excerptContext = 2   // lines above and below the marked ones
)

// SyntaxError says where and why BuildKit refuses a file.
type SyntaxError struct {
	Name string // of the file, as given to Parse
	// Line and EndLine are the lines of the instruction that is wrong, 0 where
	// the error is about the whole file.
	Line, EndLine int
	Message       string // BuildKit's, on one line, control characters escaped
	// Excerpt has the lines in question and two on either side, in order, empty
	// where Line is 0. Of a long instruction, lines in the middle are left out.
	Excerpt []SourceLine
	err     error
}

// SourceLine is one line of an excerpt.
type SourceLine struct {
	Number int
	Text   string // control characters but tabs escaped, cut where it is long
	Marked bool   // belongs to what is wrong
}

// Error is one line: name, line and message.
func (e *SyntaxError) Error() string {
	return e.place() + ": " + e.Message
}

// place is the name, escaped like the message, and the line.
func (e *SyntaxError) place() string {
	name := printable(e.Name, longestMessage, false)
	if e.Line == 0 {
		return name
	}
	return fmt.Sprintf("%s:%d", name, e.Line)
}

// Unwrap returns BuildKit's error, nil where the reason was found here.
func (e *SyntaxError) Unwrap() error { return e.err }

// WriteExcerpt writes the source around the error as BuildKit prints it, with
// >>> on the marked lines. It writes nothing where Excerpt is empty.
func (e *SyntaxError) WriteExcerpt(w io.Writer) error {
	if len(e.Excerpt) == 0 {
		return nil
	}
	const rule = "--------------------\n"
	var b strings.Builder
	b.WriteString(e.place() + "\n" + rule)
	for i, l := range e.Excerpt {
		if i > 0 && l.Number != e.Excerpt[i-1].Number+1 {
			b.WriteString(" ... |\n")
		}
		mark := "   "
		if l.Marked {
			mark = ">>>"
		}
		fmt.Fprintf(&b, " %3d | %s %s\n", l.Number, mark, l.Text)
	}
	b.WriteString(rule)
	_, err := io.WriteString(w, b.String())
	return err
}

// syntaxError makes a SyntaxError of an error from BuildKit.
func syntaxError(name string, t text, err error) *SyntaxError {
	e := &SyntaxError{Name: name, Message: err.Error(), err: err}
	e.Line, e.EndLine = location(err)
	e.EndLine = min(e.EndLine, t.count())
	if e.Line < 1 || e.Line > e.EndLine {
		e.Line, e.EndLine = 0, 0
	}
	if reason := t.notText(e.Line, e.EndLine); reason != "" {
		e.Message = reason
	}
	e.Message = printable(e.Message, longestMessage, false)
	e.Excerpt = t.excerpt(e.Line, e.EndLine)
	return e
}

// ErrorAt is an error about some lines of a file that parses, for what BuildKit
// finds wrong only later and reports without a place.
func (f *File) ErrorAt(line, endLine int, message string) *SyntaxError {
	return &SyntaxError{Name: f.Name, Line: line, EndLine: endLine, Message: printable(message, longestMessage, false),
		Excerpt: f.text.excerpt(line, endLine)}
}

// location returns the lines that an error of BuildKit names, or zeros.
func location(err error) (line, endLine int) {
	var located *parser.LocationError
	if !errors.As(err, &located) || len(located.Locations) == 0 {
		return 0, 0
	}
	for _, r := range located.Locations[0] {
		if line == 0 || r.Start.Line < line {
			line = r.Start.Line
		}
		endLine = max(endLine, r.Start.Line, r.End.Line)
	}
	return line, endLine
}

// excerpt returns the lines from first to last with some around them.
func (t text) excerpt(first, last int) []SourceLine {
	if first == 0 {
		return nil
	}
	from, to := max(first-excerptContext, 1), min(last+excerptContext, t.count())
	var lines []SourceLine
	for n := from; n <= to; n++ {
		if to-from+1 > longestExcerpt && n-from >= longestExcerpt/2 && to-n >= longestExcerpt/2 {
			n = to - longestExcerpt/2
			continue
		}
		line := printable(t.line(n), longestLine, true)
		lines = append(lines, SourceLine{Number: n, Text: line, Marked: first <= n && n <= last})
	}
	return lines
}

// notText says why a file that was refused is none that BuildKit could read,
// judged by the lines that it was refused for; "" where it looks like text.
func (t text) notText(first, last int) string {
	if bytes.HasPrefix(t.src, []byte{0xFF, 0xFE}) || bytes.HasPrefix(t.src, []byte{0xFE, 0xFF}) || t.alternatesWithZero() {
		return "the file is UTF-16 text, which BuildKit does not read: save it as UTF-8"
	}
	for n := first; 0 < n && n <= last; n++ {
		if line := t.raw(n); bytes.IndexByte(line, 0) >= 0 || !utf8.Valid(line) {
			return "not a Dockerfile: the line holds binary data"
		}
	}
	return ""
}

// alternatesWithZero reports whether the first bytes are ASCII in UTF-16
// without a byte order mark.
func (t text) alternatesWithZero() bool {
	head := t.src[:min(len(t.src), 8)]
	if len(head) < 4 {
		return false
	}
	var even, odd int
	for i, b := range head[:len(head)&^1] {
		switch {
		case b != 0:
		case i%2 == 0:
			even++
		default:
			odd++
		}
	}
	half := len(head) / 2
	return even == half && odd == 0 || odd == half && even == 0
}

// printable escapes control characters, characters that a terminal does not
// show and bytes that are not UTF-8, and cuts what is longer than limit bytes.
func printable(s string, limit int, tabs bool) string {
	var b strings.Builder
	for len(s) > 0 {
		if b.Len() >= limit {
			return b.String() + "…"
		}
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case unicode.IsPrint(r) || tabs && r == '\t':
			b.WriteRune(r)
		default:
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		}
		s = s[size:]
	}
	return b.String()
}
