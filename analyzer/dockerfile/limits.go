package dockerfile

import (
	"bufio"
	"bytes"
	"fmt"
	"unicode"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/pkg/errors"
)

const (
	// largestFile is the most that BuildKit's frontend reads of a Dockerfile
	// (maxFileSize in frontend/dockerui).
	largestFile = 16 << 20
	// BuildKit's parser calls itself for each ONBUILD after an ONBUILD, and, where
	// it looks for heredocs, for each ${ inside another; on the way out it copies
	// what it has. A file made for the purpose would take hours, or exhaust the
	// stack, which no caller survives. The first bound is on the ONBUILDs of one
	// instruction, the second on the sum of the squares of the ${ in each
	// instruction that may have a heredoc, which is some seconds at worst. No
	// file that a person wrote comes near them.
	mostOnbuild   = 1000
	mostExpansion = 100_000_000
)

// checkLimits refuses what must not reach BuildKit's parser.
func checkLimits(name string, t text) error {
	switch {
	case len(t.src) == 0:
		return &SyntaxError{Name: name, Message: "the Dockerfile cannot be empty"}
	case len(t.src) > largestFile:
		return &SyntaxError{Name: name, Message: fmt.Sprintf("the file has %d bytes, over BuildKit's limit of %d", len(t.src), largestFile)}
	}
	var joined []byte
	var first, expansion int
	for n := 1; n <= t.count(); n++ {
		line, more := joinable(t.raw(n))
		if len(joined) == 0 {
			first = n
		}
		joined = append(joined, line...)
		if more && n < t.count() {
			continue
		}
		if onbuilds(joined) > mostOnbuild {
			err := errors.New("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed")
			return syntaxError(name, t, located(err, first, n))
		}
		if bytes.Contains(joined, []byte("<<")) {
			braces := bytes.Count(joined, []byte("${"))
			expansion += braces * braces
		}
		if expansion > mostExpansion {
			err := errors.New("too many ${ in instructions with heredocs")
			return syntaxError(name, t, located(err, first, n))
		}
		joined = joined[:0]
	}
	return nil
}

// joinable returns a line without the character that continues it. The second
// result is true wherever BuildKit might join the next line, whatever the
// escape character is.
func joinable(line []byte) ([]byte, bool) {
	if text := bytes.TrimSpace(line); len(text) == 0 || text[0] == '#' {
		return nil, true
	}
	line = bytes.TrimRightFunc(line, unicode.IsSpace)
	if last := line[len(line)-1]; last == '\\' || last == '`' {
		return line[:len(line)-1], true
	}
	return line, false
}

// onbuilds counts the word in an instruction that begins with it. Flags may
// stand in between.
func onbuilds(logical []byte) int {
	count := 0
	for word := range bytes.FieldsSeq(logical) {
		if bytes.EqualFold(word, []byte("ONBUILD")) {
			count++
		} else if count == 0 {
			break
		}
	}
	return count
}

// relocate puts right where BuildKit's parser points for errors that it finds
// before it counts the line: a directive that it refuses, and a line over its
// limit, which it may also take for the end of the file.
func (t text) relocate(err error) error {
	if _, line := t.scanDirectives(); line > 0 {
		return parser.SetLocation(err, lineRanges(line, line))
	}
	_, end := location(err)
	if line := t.tooLong(); line > 0 && line <= end+1 {
		return located(errors.Errorf("dockerfile line greater than max allowed size of %d", bufio.MaxScanTokenSize-1), line, line)
	}
	return err
}

// tooLong returns the first line that does not fit the buffer of BuildKit's
// parser, else 0.
func (t text) tooLong() int {
	for n := 1; n <= t.count(); n++ {
		line := t.raw(n)
		if n == 1 {
			line = t.src[:len(line)+t.markLen()]
		}
		if len(line) > bufio.MaxScanTokenSize || len(line) == bufio.MaxScanTokenSize && line[len(line)-1] != '\n' {
			return n
		}
	}
	return 0
}

func (t text) markLen() int {
	if bytes.HasPrefix(t.src, byteOrderMark) {
		return len(byteOrderMark)
	}
	return 0
}

func located(err error, first, last int) error {
	return parser.WithLocation(err, lineRanges(first, last))
}

func lineRanges(first, last int) []parser.Range {
	return []parser.Range{{Start: parser.Position{Line: first}, End: parser.Position{Line: last}}}
}
