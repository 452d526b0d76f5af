package shell

import (
	"strings"
	"unicode"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
)

// source is a script, and where its bytes stand in an instruction's Text.
type source struct {
	text string
	runs []run // by script offset, the first at 0
	// whole is set where there is no such mapping: every place is this one.
	whole *[2]int
}

// run says that the bytes from script on stand at text and behind it.
type run struct{ script, text int }

// at returns the place of a range of the script.
func (s *source) at(start, end int) (int, int) {
	if s.whole != nil {
		return s.whole[0], s.whole[1]
	}
	if end <= start {
		p := s.offset(start)
		return p, p
	}
	return s.offset(start), s.offset(end-1) + 1
}

func (s *source) offset(at int) int {
	lo, hi := 0, len(s.runs)
	for hi-lo > 1 {
		if mid := (lo + hi) / 2; s.runs[mid].script <= at {
			lo = mid
		} else {
			hi = mid
		}
	}
	return at - s.runs[lo].script + s.runs[lo].text
}

// sub is the source of a part of the script that is a script itself.
func (s *source) sub(text string, start int) *source {
	if s.whole != nil {
		return &source{text: text, whole: s.whole}
	}
	out := &source{text: text, runs: []run{{0, s.offset(start)}}}
	for _, r := range s.runs {
		if r.script > start && r.script < start+len(text) {
			out.runs = append(out.runs, run{r.script - start, r.text})
		}
	}
	return out
}

// header joins the physical lines of an instruction as BuildKit does, without
// the comments and empty lines between them, up to the bodies of heredocs.
// It also returns the offset behind the header in the text.
func header(in *dockerfile.Instruction, escape byte) (*source, int) {
	s := &source{}
	var joined strings.Builder
	joined.Grow(len(in.Text))
	pos := 0
	for first := true; pos < len(in.Text); first = false {
		line, next := in.Text[pos:], len(in.Text)
		if i := strings.IndexByte(line, '\n'); i >= 0 {
			line, next = line[:i], pos+i+1
		}
		line = strings.TrimSuffix(line, "\r")
		trimmed := strings.TrimLeftFunc(line, unicode.IsSpace)
		if !first && (trimmed == "" || trimmed[0] == '#') {
			pos = next
			continue
		}
		kept, more := continued(line, escape)
		s.runs = append(s.runs, run{joined.Len(), pos})
		joined.WriteString(kept)
		pos = next
		if !more {
			break
		}
	}
	if len(s.runs) == 0 {
		s.runs = []run{{0, 0}}
	}
	s.text = joined.String()
	return s, pos
}

// continued returns a line without the escape character that continues it. The
// rule is BuildKit's: the last character but spaces, not escaped itself.
func continued(line string, escape byte) (string, bool) {
	t := strings.TrimRight(line, " \t")
	n := len(t)
	if n == 0 || t[n-1] != escape || n > 1 && t[n-2] == escape {
		return line, false
	}
	return t[:n-1], true
}

// arguments returns the offset behind the keyword and the builder's flags.
func arguments(line string, escape byte) int {
	i := skipSpace(line, 0)
	for i < len(line) && !isSpace(line[i]) { // the keyword
		i++
	}
	for {
		i = skipSpace(line, i)
		if !strings.HasPrefix(line[i:], "--") {
			return i
		}
		start := i
		i = flagEnd(line, i, escape)
		if line[start:i] == "--" {
			return skipSpace(line, i)
		}
	}
}

func flagEnd(line string, i int, escape byte) int {
	quote := byte(0)
	for ; i < len(line); i++ {
		switch c := line[i]; {
		case c == escape:
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case isSpace(c):
			return i
		}
	}
	return len(line)
}

func skipSpace(s string, i int) int {
	for i < len(s) && isSpace(s[i]) {
		i++
	}
	return i
}

func isSpace(c byte) bool {
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f'
}
