package dockerfile

import (
	"bytes"
	"strings"
	"unicode"
)

// text is a source with the offset of each of its lines.
type text struct {
	src    []byte
	starts []int // starts[n-1] is where line n begins
}

var byteOrderMark = []byte{0xEF, 0xBB, 0xBF}

func newText(src []byte) text {
	t := text{src: src}
	for at := 0; at < len(src); {
		t.starts = append(t.starts, at)
		end := bytes.IndexByte(src[at:], '\n')
		if end < 0 {
			break
		}
		at += end + 1
	}
	return t
}

// count is the number of lines. The last may lack an ending.
func (t text) count() int { return len(t.starts) }

// raw returns line n with its ending, without a byte order mark.
func (t text) raw(n int) []byte {
	if n < 1 || n > len(t.starts) {
		return nil
	}
	end := len(t.src)
	if n < len(t.starts) {
		end = t.starts[n]
	}
	line := t.src[t.starts[n-1]:end]
	if n == 1 {
		line = bytes.TrimPrefix(line, byteOrderMark)
	}
	return line
}

// line returns line n without its ending.
func (t text) line(n int) string {
	return withoutEnding(string(t.raw(n)))
}

// span returns the lines from first to last, without the ending of the last.
func (t text) span(first, last int) string {
	first, last = max(first, 1), min(last, t.count())
	if first > last {
		return ""
	}
	end := len(t.src)
	if last < len(t.starts) {
		end = t.starts[last]
	}
	s := t.src[t.starts[first-1]:end]
	if first == 1 {
		s = bytes.TrimPrefix(s, byteOrderMark)
	}
	return withoutEnding(string(s))
}

// comment returns what line n says as a comment, without the # and the white
// space around, and false where BuildKit does not take the line for one.
func (t text) comment(n int) (string, bool) {
	line := bytes.TrimLeftFunc(t.raw(n), unicode.IsSpace)
	if len(line) == 0 || line[0] != '#' {
		return "", false
	}
	return string(bytes.TrimSpace(line[1:])), true
}

func withoutEnding(s string) string {
	s, found := strings.CutSuffix(s, "\n")
	if found {
		s = strings.TrimSuffix(s, "\r")
	}
	return s
}
