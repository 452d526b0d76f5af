//go:build linux

package tool

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// head prints the start of files.
func head(_ context.Context, p *Process) int {
	return p.ends(func(c count, r io.Reader) error {
		switch {
		case c.bytes && c.sign != '-':
			_, err := io.CopyN(p.out, r, c.n)
			return notEOF(err)
		case c.bytes:
			return lastBytes(r, c.n, p.out, io.Discard)
		case c.sign == '-':
			return lastLines(r, c.n, p.out, io.Discard)
		case c.n == 0:
			return nil
		}
		left := c.n
		return lines(r, '\n', func(line []byte, ended bool) error {
			p.out.Write(line)
			p.endLine(ended)
			if left--; left == 0 {
				return errStop
			}
			return nil
		})
	})
}

// tail prints the end of files.
func tail(_ context.Context, p *Process) int {
	if len(p.Args) > 1 && strings.HasPrefix(p.Args[1], "+") { // the old form, tail +5
		p.Args = append([]string{p.Args[0], "-n", p.Args[1]}, p.Args[2:]...)
	}
	return p.ends(func(c count, r io.Reader) error {
		switch {
		case c.bytes && c.sign == '+':
			if _, err := io.CopyN(io.Discard, r, max(c.n-1, 0)); err != nil {
				return notEOF(err)
			}
			_, err := io.Copy(p.out, r)
			return err
		case c.bytes:
			return lastBytes(r, c.n, io.Discard, p.out)
		case c.sign != '+':
			return lastLines(r, c.n, io.Discard, p.out)
		}
		number := int64(0)
		return lines(r, '\n', func(line []byte, ended bool) error {
			if number++; number >= c.n {
				p.out.Write(line)
				p.endLine(ended)
			}
			return nil
		})
	})
}

// count says how much head and tail print.
type count struct {
	n     int64
	sign  byte // the + or - before n, 0 if there is none
	bytes bool
}

// ends reads the options of head and tail and calls print for each file, under a heading if there
// are several.
func (p *Process) ends(print func(count, io.Reader) error) int {
	c := count{n: 10}
	o := p.options("n:c:qv", "lines=n bytes=c quiet=q silent=q verbose=v")
	o.numbers = true
	quiet, verbose := false, false
	for o.next() {
		switch o.name {
		case "q":
			quiet = true
		case "v":
			verbose = true
		default:
			c.bytes, c.sign = o.name == "c", 0
			text := o.arg
			if text != "" && (text[0] == '+' || text[0] == '-') {
				c.sign, text = text[0], text[1:]
			}
			if c.n, o.err = parseSize(text); o.err != nil {
				return p.usage("invalid number of lines or bytes: '%s'", o.arg)
			}
		}
	}
	if o.err != nil {
		return p.usage("%v", o.err)
	}
	first := true
	return p.each(o.args, func(name string, r io.Reader) error {
		if verbose || len(o.args) > 1 && !quiet {
			p.endLine(!first)
			first = false
			if name == "-" {
				name = "standard input"
			}
			fmt.Fprintf(p.out, "==> %s <==\n", name)
		}
		return print(c, r)
	})
}

// parseSize reads a number with an optional unit: b is 512, K is 1024, KB is 1000, and so on.
func parseSize(text string) (int64, error) {
	digits := strings.TrimRight(text, "bkKMGB")
	n, err := strconv.ParseInt(digits, 10, 64)
	unit := map[string]int64{"": 1, "b": 512, "k": 1 << 10, "K": 1 << 10, "kB": 1e3, "KB": 1e3,
		"M": 1 << 20, "MB": 1e6, "G": 1 << 30, "GB": 1e9}[text[len(digits):]]
	if err != nil || n < 0 || unit == 0 || n > (1<<62)/unit {
		return 0, fmt.Errorf("invalid number '%s'", text)
	}
	return n * unit, nil
}

// lastLines writes the last n lines to end, and those before them to start.
func lastLines(r io.Reader, n int64, start, end io.Writer) error {
	var kept [][]byte
	err := lines(r, '\n', func(line []byte, ended bool) error {
		line = bytes.Clone(line)
		if ended {
			line = append(line, '\n')
		}
		if kept = append(kept, line); int64(len(kept)) > n {
			start.Write(kept[0])
			kept = kept[1:]
		}
		return nil
	})
	for _, line := range kept {
		end.Write(line)
	}
	return err
}

// lastBytes writes the last n bytes to end, and those before them to start.
func lastBytes(r io.Reader, n int64, start, end io.Writer) error {
	var kept []byte
	buf := make([]byte, 32<<10)
	for {
		read, err := r.Read(buf)
		kept = append(kept, buf[:read]...)
		if extra := int64(len(kept)) - n; extra > 0 {
			start.Write(kept[:extra])
			kept = append(kept[:0], kept[extra:]...)
		}
		if err != nil {
			end.Write(kept)
			return notEOF(err)
		}
	}
}
