//go:build linux

package tool

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// uniq drops lines that repeat the one before: uniq [options] [INPUT [OUTPUT]]
func uniq(_ context.Context, p *Process) int {
	o := p.options("cdDuif:s:w:z", `
		count=c repeated=d unique=u ignore-case=i skip-fields=f skip-chars=s check-chars=w
		zero-terminated=z`)
	u := uniqueLines{end: '\n', width: -1}
	for o.next() {
		switch o.name {
		case "c":
			u.count = true
		case "d":
			u.repeated = true
		case "u":
			u.unique = true
		case "i":
			u.fold = true
		case "z":
			u.end = 0
		case "D":
			return p.usage("-D is not supported in the playground")
		default:
			n, err := strconv.Atoi(o.arg)
			if err != nil || n < 0 {
				return p.usage("%s: invalid number", o.arg)
			}
			switch o.name {
			case "f":
				u.fields = n
			case "s":
				u.chars = n
			case "w":
				u.width = n
			}
		}
	}
	if o.err != nil {
		return p.usage("%v", o.err)
	}
	input := "-"
	if len(o.args) > 0 {
		input = o.args[0]
	}
	u.out = p.out
	var f *os.File
	if len(o.args) > 1 && o.args[1] != "-" {
		var err error
		if f, err = os.Create(p.path(o.args[1])); err != nil {
			return p.fail(o.args[1], err)
		}
		defer f.Close()
		u.out = bufio.NewWriter(f)
	}
	err := p.with(input, func(_ string, r io.Reader) error {
		return lines(r, u.end, func(line []byte, _ bool) error { u.add(line); return nil })
	})
	u.flush()
	if f != nil {
		err = errors.Join(err, u.out.Flush(), f.Close())
	}
	if err != nil {
		return p.fail(input, err)
	}
	return 0
}

type uniqueLines struct {
	count, repeated, unique, fold bool
	fields, chars, width          int // width -1: all
	end                           byte
	out                           *bufio.Writer

	line []byte
	key  string
	seen int
}

func (u *uniqueLines) add(line []byte) {
	key := u.keyOf(line)
	if u.seen > 0 && key == u.key {
		u.seen++
		return
	}
	u.flush()
	u.line, u.key, u.seen = append(u.line[:0], line...), key, 1
}

// keyOf is the part of a line that counts.
func (u *uniqueLines) keyOf(line []byte) string {
	rest := line
	for range u.fields {
		rest = bytes.TrimLeft(rest, " \t")
		if i := bytes.IndexAny(rest, " \t"); i >= 0 {
			rest = rest[i:]
		} else {
			rest = nil
		}
	}
	rest = rest[min(u.chars, len(rest)):]
	if u.width >= 0 {
		rest = rest[:min(u.width, len(rest))]
	}
	if u.fold {
		return strings.ToLower(string(rest))
	}
	return string(rest)
}

// flush prints the group of lines that ended.
func (u *uniqueLines) flush() {
	if u.seen == 0 || u.repeated && u.seen == 1 || u.unique && u.seen > 1 {
		return
	}
	if u.count {
		fmt.Fprintf(u.out, "%7d ", u.seen)
	}
	u.out.Write(u.line)
	u.out.WriteByte(u.end)
}
