package tool

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// cut prints parts of lines.
func cut(_ context.Context, p *Process) int {
	f, ok := p.flags("b:c:f:d:s", "bytes=b characters=c fields=f delimiter=d only-delimited=s complement output-delimiter:")
	if !ok {
		return 1
	}
	c := cutter{p: p, flags: f, delim: []byte{'\t'}}
	if f.on("d") {
		if c.delim = []byte(f.value("d")); utf8.RuneCount(c.delim) != 1 {
			return p.usage("the delimiter must be a single character")
		}
	}
	list := f.value("b") + f.value("c") + f.value("f")
	if list == "" || len(f.given["b"])+len(f.given["c"])+len(f.given["f"]) != 1 {
		return p.usage("you must specify one list of bytes, characters, or fields")
	}
	var err error
	if c.spans, err = parseSpans(list); err != nil {
		return p.usage("%v", err)
	}
	if f.on("output-delimiter") {
		c.joint = []byte(f.value("output-delimiter"))
	} else if f.on("f") {
		c.joint = c.delim
	}
	return p.each(f.args, func(_ string, r io.Reader) error { return lines(r, '\n', c.line) })
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
		if errors.Join(err1, err2) != nil || part == "-" || s.from < 1 || s.to < s.from {
			return nil, fmt.Errorf("invalid list value '%s'", part)
		}
		spans = append(spans, s)
	}
	return spans, nil
}

type cutter struct {
	flags
	p            *Process
	spans        []span
	delim, joint []byte
}

func (c *cutter) wanted(position int) bool {
	in := slices.ContainsFunc(c.spans, func(s span) bool { return s.from <= position && position <= s.to })
	return in != c.on("complement")
}

func (c *cutter) line(line []byte, _ bool) error {
	var parts [][]byte
	switch {
	case !c.on("f"):
		parts = c.pieces(line)
	case bytes.Contains(line, c.delim):
		for i, field := range bytes.Split(line, c.delim) {
			if c.wanted(i + 1) {
				parts = append(parts, field)
			}
		}
	case c.on("s"):
		return nil
	default:
		parts = [][]byte{line}
	}
	c.p.out.Write(bytes.Join(parts, c.joint))
	c.p.out.WriteByte('\n')
	return nil
}

// pieces returns the runs of wanted bytes, or of characters with -c.
func (c *cutter) pieces(line []byte) [][]byte {
	var parts [][]byte
	adjoin := false
	for position := 1; len(line) > 0; position++ {
		n := 1
		if c.on("c") {
			_, n = utf8.DecodeRune(line)
		}
		wanted := c.wanted(position)
		if wanted && adjoin {
			last := len(parts) - 1
			parts[last] = parts[last][:len(parts[last])+n]
		} else if wanted {
			parts = append(parts, line[:n])
		}
		adjoin, line = wanted, line[n:]
	}
	return parts
}

// uniq drops lines that repeat the one before: uniq [options] [INPUT [OUTPUT]]
func uniq(_ context.Context, p *Process) int {
	f, ok := p.flags("cduif:s:w:", "count=c repeated=d unique=u ignore-case=i skip-fields=f skip-chars=s check-chars=w")
	if !ok {
		return 1
	}
	u := uniqueLines{flags: f, out: p.out, width: -1}
	for name, n := range map[string]*int{"f": &u.fields, "s": &u.chars, "w": &u.width} {
		if !f.on(name) {
			continue
		}
		var err error
		if *n, err = strconv.Atoi(f.value(name)); err != nil || *n < 0 {
			return p.usage("%s: invalid number", f.value(name))
		}
	}
	names := append(f.args, "-", "-")
	var file *os.File
	if names[1] != "-" {
		var err error
		if file, err = os.Create(p.path(names[1])); err != nil {
			return p.fail(names[1], err)
		}
		u.out = bufio.NewWriter(file)
	}
	err := p.with(names[0], func(_ string, r io.Reader) error {
		return lines(r, '\n', func(line []byte, _ bool) error { u.add(line); return nil })
	})
	u.flush()
	if file != nil {
		err = errors.Join(err, u.out.Flush(), file.Close())
	}
	if err != nil {
		return p.fail(names[0], err)
	}
	return 0
}

type uniqueLines struct {
	flags
	fields, chars, width int // width -1: all
	out                  *bufio.Writer

	line, key []byte
	seen      int
}

func (u *uniqueLines) add(line []byte) {
	key := u.keyOf(line)
	if u.seen > 0 && bytes.Equal(key, u.key) {
		u.seen++
		return
	}
	u.flush()
	u.line, u.key, u.seen = bytes.Clone(line), bytes.Clone(key), 1
}

// keyOf is the part of a line that counts.
func (u *uniqueLines) keyOf(line []byte) []byte {
	for range u.fields {
		line = bytes.TrimLeft(line, " \t")
		line = bytes.TrimLeftFunc(line, func(r rune) bool { return r != ' ' && r != '\t' })
	}
	line = line[min(u.chars, len(line)):]
	if u.width >= 0 {
		line = line[:min(u.width, len(line))]
	}
	if u.on("i") {
		return bytes.ToLower(line)
	}
	return line
}

// flush prints the group of lines that ended.
func (u *uniqueLines) flush() {
	if u.seen == 0 || u.on("d") && u.seen == 1 || u.on("u") && u.seen > 1 {
		return
	}
	if u.on("c") {
		fmt.Fprintf(u.out, "%7d ", u.seen)
	}
	u.out.Write(u.line)
	u.out.WriteByte('\n')
}
