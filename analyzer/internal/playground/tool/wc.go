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
	o := p.options("lwcmL", "lines=l words=w bytes=c chars=m max-line-length=L")
	var which string
	for o.next() {
		which += o.name
	}
	if o.err != nil {
		return p.usage("%v", o.err)
	}
	if which == "" {
		which = "lwc"
	}
	names := o.args
	if len(names) == 0 {
		names = []string{"-"}
	}
	var rows []wordCount
	status := 0
	for _, name := range names {
		row := wordCount{name: name}
		if err := p.with(name, row.read); err != nil {
			status = p.fail(name, err)
			continue
		}
		rows = append(rows, row)
	}
	if len(names) > 1 {
		total := wordCount{name: "total"}
		for _, r := range rows {
			total.add(r)
		}
		rows = append(rows, total)
	}
	width := p.countWidth(names, which, rows)
	for i := range rows {
		if len(o.args) == 0 {
			rows[i].name = ""
		}
		fmt.Fprintln(p.out, rows[i].format(which, width))
	}
	return status
}

type wordCount struct {
	name                              string
	lines, words, chars, bytes, width int64
	inWord                            bool
	column                            int64
	partial                           []byte // of a character
}

func (w *wordCount) read(_ string, r io.Reader) error {
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
		}
		switch b {
		case '\n':
			w.lines++
			w.width, w.column, w.inWord = max(w.width, w.column), 0, false
			continue
		case ' ', '\r', '\f', '\v':
			w.inWord = false
		case '\t':
			w.inWord = false
			w.column += 7 - w.column%8
		default:
			if !w.inWord {
				w.words++
			}
			w.inWord = true
		}
		if utf8.RuneStart(b) {
			w.column++
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
func (w *wordCount) format(which string, width int) string {
	var parts []string
	for _, c := range []struct {
		letter string
		n      int64
	}{{"l", w.lines}, {"w", w.words}, {"m", w.chars}, {"c", w.bytes}, {"L", w.width}} {
		if strings.Contains(which, c.letter) {
			parts = append(parts, fmt.Sprintf("%*d", width, c.n))
		}
	}
	if w.name != "" {
		parts = append(parts, w.name)
	}
	return strings.Join(parts, " ")
}

// countWidth is how wide GNU prints the numbers: as wide as the sum of the files' sizes, at least 7
// if one is no ordinary file, and no wider than needed for a single number.
func (p *Process) countWidth(names []string, which string, rows []wordCount) int {
	if len(names) == 1 && len(which) == 1 {
		return 1
	}
	least, total := 1, int64(0)
	for _, name := range names {
		info, err := os.Stat(p.path(name))
		if name == "-" {
			least = 7
			if f, ok := p.Stdin.(*os.File); ok && f != nil {
				if info, err = f.Stat(); err == nil && info.Mode().IsRegular() {
					least = 1
					total += info.Size()
				}
			}
			continue
		}
		if err == nil && info.Mode().IsRegular() {
			total += info.Size()
		} else if err == nil {
			least = 7
		}
	}
	return max(least, len(fmt.Sprint(total)))
}
