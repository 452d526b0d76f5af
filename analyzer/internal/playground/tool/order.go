//go:build linux

package tool

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"
)

// rev reverses each line.
func rev(_ context.Context, p *Process) int {
	return p.each(p.Args[1:], func(_ string, r io.Reader) error {
		return lines(r, '\n', func(line []byte, ended bool) error {
			for len(line) > 0 {
				_, n := utf8.DecodeLastRune(line)
				p.out.Write(line[len(line)-n:])
				line = line[:len(line)-n]
			}
			return p.endLine(ended)
		})
	})
}

// tac prints each file's lines, the last first.
func tac(_ context.Context, p *Process) int {
	return p.each(p.Args[1:], func(_ string, r io.Reader) error {
		var all [][]byte
		err := lines(r, '\n', func(line []byte, ended bool) error {
			line = bytes.Clone(line)
			if ended {
				line = append(line, '\n')
			}
			all = append(all, line)
			return nil
		})
		for i := len(all) - 1; i >= 0; i-- {
			p.out.Write(all[i])
		}
		return err
	})
}

// nl numbers lines: all with -b a, else those that are not empty.
func nl(_ context.Context, p *Process) int {
	o := p.options("b:n:s:w:v:i:", `
		body-numbering=b number-format=n number-separator=s number-width=w starting-line-number=v
		line-increment=i`)
	all, separator, format := false, "\t", "rn"
	numbers := map[string]int{"w": 6, "v": 1, "i": 1}
	for o.next() {
		switch o.name {
		case "b":
			all = o.arg == "a"
		case "n":
			format = o.arg
		case "s":
			separator = o.arg
		default:
			n, err := strconv.Atoi(o.arg)
			if err != nil {
				return p.usage("invalid number: '%s'", o.arg)
			}
			numbers[o.name] = n
		}
	}
	if o.err != nil {
		return p.usage("%v", o.err)
	}
	verb := map[string]string{"rn": "%*d", "ln": "%-*d", "rz": "%0*d"}[format]
	if verb == "" {
		return p.usage("invalid line numbering format: '%s'", format)
	}
	number := numbers["v"]
	return p.each(o.args, func(_ string, r io.Reader) error {
		return lines(r, '\n', func(line []byte, _ bool) error {
			if all || len(line) > 0 {
				fmt.Fprintf(p.out, verb+"%s", numbers["w"], number, separator)
				number += numbers["i"]
			} else {
				fmt.Fprintf(p.out, "%*s", numbers["w"]+len(separator), "")
			}
			p.out.Write(line)
			p.out.WriteByte('\n')
			return nil
		})
	})
}
