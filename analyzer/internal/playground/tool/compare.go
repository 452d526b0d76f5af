//go:build linux

package tool

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
)

// cmpTool is the tool cmp: it tells where two files first differ.
func cmpTool(_ context.Context, p *Process) int {
	o := p.options("sbln:i:", "silent=s quiet=s print-bytes=b verbose=l bytes=n")
	silent, verbose, limit := false, false, int64(-1)
	for o.next() {
		switch o.name {
		case "s":
			silent = true
		case "l":
			verbose = true
		case "n":
			n, err := parseSize(o.arg)
			if err != nil {
				p.errorf("%v", err)
				return 2
			}
			limit = n
		}
	}
	if o.err != nil || len(o.args) == 0 {
		p.errorf("usage: cmp [-s] file1 [file2]")
		return 2
	}
	names := append(o.args, "-")[:2]
	var readers [2]*bufio.Reader
	for i, name := range names {
		f, err := p.open(name)
		if err != nil {
			p.fail(name, err)
			return 2
		}
		defer f.Close()
		readers[i] = bufio.NewReader(f)
	}
	line, status := 1, 0
	for at := int64(1); limit < 0 || at <= limit; at++ {
		a, errA := readers[0].ReadByte()
		b, errB := readers[1].ReadByte()
		switch {
		case errA == io.EOF && errB == io.EOF:
			return status
		case errA != nil || errB != nil:
			short := names[0]
			if errA == nil {
				short = names[1]
			}
			if !silent {
				p.errorf("EOF on %s after byte %d, line %d", short, at-1, line)
			}
			return 1
		case a != b && verbose:
			fmt.Fprintf(p.out, "%d %3o %3o\n", at, a, b)
			status = 1
		case a != b:
			if !silent {
				fmt.Fprintf(p.out, "%s %s differ: char %d, line %d\n", names[0], names[1], at, line)
			}
			return 1
		}
		if a == '\n' {
			line++
		}
	}
	return status
}

// comm prints the lines that only the first, only the second, or both of two sorted files have.
func comm(_ context.Context, p *Process) int {
	o := p.options("123z", "")
	hide := map[string]bool{}
	for o.next() {
		hide[o.name] = true
	}
	if o.err != nil {
		return p.usage("%v", o.err)
	}
	if len(o.args) != 2 {
		return p.usage("usage: comm [-123] file1 file2")
	}
	var sides [2]*bufio.Scanner
	for i, name := range o.args {
		f, err := p.open(name)
		if err != nil {
			return p.fail(name, err)
		}
		defer f.Close()
		sides[i] = bufio.NewScanner(f)
		sides[i].Buffer(nil, 1<<30)
	}
	print := func(column, text string) {
		if hide[column] {
			return
		}
		n, _ := strconv.Atoi(column)
		for i := 1; i < n; i++ {
			if !hide[strconv.Itoa(i)] {
				p.out.WriteByte('\t')
			}
		}
		fmt.Fprintln(p.out, text)
	}
	a, b := sides[0].Scan(), sides[1].Scan()
	for a || b {
		switch x, y := sides[0].Text(), sides[1].Text(); {
		case !b || a && x < y:
			print("1", x)
			a = sides[0].Scan()
		case !a || y < x:
			print("2", y)
			b = sides[1].Scan()
		default:
			print("3", x)
			a, b = sides[0].Scan(), sides[1].Scan()
		}
	}
	return 0
}

// paste joins the lines of files side by side, or with -s those of each file.
func paste(_ context.Context, p *Process) int {
	o := p.options("sd:z", "serial=s delimiters=d")
	serial, delims := false, "\t"
	for o.next() {
		switch o.name {
		case "s":
			serial = true
		case "d":
			delims, _ = unescape(o.arg, false)
		}
	}
	if o.err != nil {
		return p.usage("%v", o.err)
	}
	delim := func(i int) string {
		if delims == "" {
			return ""
		}
		return string(delims[i%len(delims)])
	}
	if serial {
		return p.each(o.args, func(_ string, r io.Reader) error {
			i := 0
			err := lines(r, '\n', func(line []byte, _ bool) error {
				if i > 0 {
					p.out.WriteString(delim(i - 1))
				}
				i++
				p.out.Write(line)
				return nil
			})
			p.out.WriteByte('\n')
			return err
		})
	}
	names := o.args
	if len(names) == 0 {
		names = []string{"-"}
	}
	stdin := bufio.NewScanner(p.stdin())
	var columns []*bufio.Scanner
	for _, name := range names {
		if name == "-" {
			columns = append(columns, stdin)
			continue
		}
		f, err := os.Open(p.path(name))
		if err != nil {
			return p.fail(name, err)
		}
		defer f.Close()
		columns = append(columns, bufio.NewScanner(f))
	}
	for {
		cells := make([]string, len(columns))
		any := false
		for i, c := range columns {
			if c.Scan() {
				cells[i], any = c.Text(), true
			}
		}
		if !any {
			return 0
		}
		for i, cell := range cells {
			if i > 0 {
				p.out.WriteString(delim(i - 1))
			}
			p.out.WriteString(cell)
		}
		p.out.WriteByte('\n')
	}
}
