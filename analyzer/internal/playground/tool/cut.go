//go:build linux

package tool

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// cut prints parts of lines.
func cut(_ context.Context, p *Process) int {
	o := p.options("b:c:f:d:sniz", `
		bytes=b characters=c fields=f delimiter=d only-delimited=s complement output-delimiter:
		zero-terminated=z`)
	c := cutter{p: p, delim: []byte{'\t'}, end: '\n'}
	list := ""
	for o.next() {
		switch o.name {
		case "b", "c", "f":
			if c.by != 0 {
				return p.usage("only one list may be specified")
			}
			c.by, list = o.name[0], o.arg
		case "d":
			if utf8.RuneCountInString(o.arg) > 1 {
				return p.usage("the delimiter must be a single character")
			}
			if c.delim = []byte(o.arg); o.arg == "" {
				c.delim = []byte{0}
			}
		case "s":
			c.onlyDelimited = true
		case "complement":
			c.complement = true
		case "output-delimiter":
			c.joint = []byte(o.arg)
		case "z":
			c.end = 0
		}
	}
	if o.err != nil {
		return p.usage("%v", o.err)
	}
	if c.by == 0 {
		return p.usage("you must specify a list of bytes, characters, or fields")
	}
	var err error
	if c.spans, err = parseSpans(list); err != nil {
		return p.usage("%v", err)
	}
	if c.joint == nil && c.by == 'f' {
		c.joint = c.delim
	}
	return p.each(o.args, func(_ string, r io.Reader) error { return lines(r, c.end, c.line) })
}

// span is a range of positions from 1, both ends included.
type span struct{ from, to int }

func parseSpans(list string) ([]span, error) {
	var spans []span
	for part := range strings.FieldsFuncSeq(list, func(r rune) bool { return r == ',' || r == ' ' }) {
		from, to, isRange := strings.Cut(part, "-")
		s := span{1, math.MaxInt}
		var err1, err2 error
		if from != "" {
			s.from, err1 = strconv.Atoi(from)
		}
		if !isRange {
			s.to = s.from
		} else if to != "" {
			s.to, err2 = strconv.Atoi(to)
		}
		if errors.Join(err1, err2) != nil || part == "-" || s.from < 1 {
			return nil, fmt.Errorf("invalid list value '%s'", part)
		}
		if s.to < s.from {
			return nil, errors.New("invalid decreasing range")
		}
		spans = append(spans, s)
	}
	if len(spans) == 0 {
		return nil, errors.New("invalid list value ''")
	}
	return spans, nil
}

type cutter struct {
	p                         *Process
	by                        byte // b, c or f
	spans                     []span
	delim, joint              []byte
	end                       byte
	onlyDelimited, complement bool
}

func (c *cutter) wanted(position int) bool {
	in := slices.ContainsFunc(c.spans, func(s span) bool { return s.from <= position && position <= s.to })
	return in != c.complement
}

func (c *cutter) line(line []byte, _ bool) error {
	var parts [][]byte
	switch c.by {
	case 'f':
		if !bytes.Contains(line, c.delim) {
			if c.onlyDelimited {
				return nil
			}
			parts = [][]byte{line}
			break
		}
		position := 0
		for field := range bytes.SplitSeq(line, c.delim) {
			if position++; c.wanted(position) {
				parts = append(parts, field)
			}
		}
	default:
		parts = c.pieces(line)
	}
	c.p.out.Write(bytes.Join(parts, c.joint))
	c.p.out.WriteByte(c.end)
	return nil
}

// pieces returns the runs of wanted bytes, or of characters with -c.
func (c *cutter) pieces(line []byte) [][]byte {
	var parts [][]byte
	position, start := 0, -1
	for i := 0; i < len(line); {
		n := 1
		if c.by == 'c' {
			_, n = utf8.DecodeRune(line[i:])
		}
		position++
		switch in := c.wanted(position); {
		case in && start < 0:
			start = i
		case !in && start >= 0:
			parts = append(parts, line[start:i])
			start = -1
		}
		i += n
	}
	if start >= 0 {
		parts = append(parts, line[start:])
	}
	return parts
}
