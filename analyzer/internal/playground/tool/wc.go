//go:build linux

package tool

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"
)

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
