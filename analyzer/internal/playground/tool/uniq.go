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
)

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
