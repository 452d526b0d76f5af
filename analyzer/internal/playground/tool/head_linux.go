package tool

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"
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

// wc counts lines, words, characters, bytes, and the longest line.
func wc(_ context.Context, p *Process) int {
	f, ok := p.flags("lwcmL", "lines=l words=w bytes=c chars=m max-line-length=L")
	if !ok {
		return 1
	}
	if len(f.given) == 0 {
		f.given = map[string][]string{"l": {""}, "w": {""}, "c": {""}}
	}
	var rows []wordCount
	total := wordCount{name: "total"}
	status := p.each(f.args, func(name string, r io.Reader) error {
		row := wordCount{name: name}
		err := row.read(r)
		total.add(row)
		rows = append(rows, row)
		return err
	})
	if len(f.args) > 1 {
		rows = append(rows, total)
	}
	width := p.countWidth(f)
	for _, row := range rows {
		if len(f.args) == 0 {
			row.name = ""
		}
		fmt.Fprintln(p.out, row.format(f, width))
	}
	return status
}

type wordCount struct {
	name                              string
	lines, words, chars, bytes, width int64

	inWord bool
	column int64
}

func (w *wordCount) read(r io.Reader) error {
	buf := make([]byte, 64<<10)
	for {
		n, err := r.Read(buf)
		w.count(buf[:n])
		if err != nil {
			w.width = max(w.width, w.column)
			return notEOF(err)
		}
	}
}

func (w *wordCount) count(text []byte) {
	w.bytes += int64(len(text))
	for _, b := range text {
		if utf8.RuneStart(b) {
			w.chars++
			w.column++
		}
		switch b {
		case '\n':
			w.lines++
			w.width, w.column = max(w.width, w.column-1), 0
		case '\t':
			w.column += 7 - (w.column-1)%8
		}
		if space := strings.IndexByte(" \t\n\r\f\v", b) >= 0; space {
			w.inWord = false
		} else if !w.inWord {
			w.inWord = true
			w.words++
		}
	}
}

func (w *wordCount) add(o wordCount) {
	w.lines += o.lines
	w.words += o.words
	w.chars += o.chars
	w.bytes += o.bytes
	w.width = max(w.width, o.width)
}

// format writes the counts that were asked for, in wc's order.
func (w *wordCount) format(f flags, width int) string {
	var parts []string
	for i, n := range []int64{w.lines, w.words, w.chars, w.bytes, w.width} {
		if f.on("lwmcL"[i : i+1]) {
			parts = append(parts, fmt.Sprintf("%*d", width, n))
		}
	}
	if w.name != "" {
		parts = append(parts, w.name)
	}
	return strings.Join(parts, " ")
}

// countWidth is how wide GNU prints the numbers: as wide as the sum of the files' sizes, at least 7
// if one is no ordinary file, and no wider than needed for a single number.
func (p *Process) countWidth(f flags) int {
	names := f.args
	if len(names) == 0 {
		names = []string{"-"}
	}
	if len(names) == 1 && len(f.given) == 1 {
		return 1
	}
	least, total := 1, int64(0)
	for _, name := range names {
		info, err := os.Stat(p.path(name))
		if name == "-" {
			info, err = nil, os.ErrInvalid
			if in, ok := p.Stdin.(*os.File); ok && in != nil {
				info, err = in.Stat()
			}
		}
		switch {
		case err == nil && info.Mode().IsRegular():
			total += info.Size()
		case err == nil || name == "-":
			least = 7
		}
	}
	return max(least, len(fmt.Sprint(total)))
}
