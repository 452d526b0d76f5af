//go:build linux

package tool

import (
	"bufio"
	"context"
	"fmt"
	"io"
)

// cat concatenates files.
func cat(_ context.Context, p *Process) int {
	o := p.options("nbsETAvetu", "number=n number-nonblank=b squeeze-blank=s show-ends=E show-tabs=T show-all=A")
	var number, nonblank, squeeze, ends, tabs bool
	for o.next() {
		switch o.name {
		case "n":
			number = true
		case "b":
			nonblank = true
		case "s":
			squeeze = true
		case "E", "e":
			ends = true
		case "T", "t":
			tabs = true
		case "A":
			ends, tabs = true, true
		}
	}
	if o.err != nil {
		return p.usage("%v", o.err)
	}
	plain := !number && !nonblank && !squeeze && !ends && !tabs
	count, blanks := 0, 0
	return p.each(o.args, func(_ string, r io.Reader) error {
		if plain {
			_, err := io.Copy(p.out, r)
			return err
		}
		return lines(r, '\n', func(line []byte, ended bool) error {
			if len(line) > 0 {
				blanks = 0
			} else if blanks++; squeeze && blanks > 1 {
				return nil
			}
			if nonblank && len(line) > 0 || number && !nonblank {
				count++
				fmt.Fprintf(p.out, "%6d\t", count)
			}
			for _, b := range line {
				if tabs && b == '\t' {
					p.out.WriteString("^I")
				} else {
					p.out.WriteByte(b)
				}
			}
			if ended && ends {
				p.out.WriteByte('$')
			}
			return p.endLine(ended)
		})
	})
}

// lines calls f with every line of r, without its end, and whether it had one. The line is valid
// until f returns. f may return errStop to read no further.
func lines(r io.Reader, end byte, f func(line []byte, ended bool) error) error {
	br := bufio.NewReaderSize(r, 32<<10)
	var long []byte
	for {
		part, err := br.ReadSlice(end)
		if err == bufio.ErrBufferFull {
			long = append(long, part...)
			continue
		}
		line := part
		if len(long) > 0 {
			line = append(long, part...)
			long = long[:0]
		}
		ended := err == nil
		if ended {
			line = line[:len(line)-1]
		}
		if ended || len(line) > 0 {
			if ferr := f(line, ended); ferr == errStop {
				return nil
			} else if ferr != nil {
				return ferr
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// errStop ends lines early.
var errStop = fmt.Errorf("stop")

// endLine writes the end of a line that had one.
func (p *Process) endLine(ended bool) error {
	if ended {
		p.out.WriteByte('\n')
	}
	return nil
}
