//go:build linux

package tool

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
)

// od prints bytes as numbers or characters.
func od(_ context.Context, p *Process) int {
	o := p.options("A:t:N:j:w::vbcdoxv", `
		address-radix=A format=t read-bytes=N skip-bytes=j width=w output-duplicates=v`)
	d := dumper{p: p, radix: "o", width: 16, limit: -1}
	kinds := map[string]string{"b": "o1", "c": "c", "d": "u2", "o": "o2", "x": "x2"}
	var err error
	for o.next() && err == nil {
		switch o.name {
		case "A":
			d.radix = o.arg
		case "t":
			d.kinds = append(d.kinds, strings.TrimSuffix(o.arg, "z"))
		case "N":
			d.limit, err = parseSize(o.arg)
		case "j":
			d.skip, err = parseSize(o.arg)
		case "w":
			var n int64
			if n, err = parseSize(o.arg); err == nil {
				d.width = int(min(max(n, 1), 1<<16))
			}
		case "v":
			d.all = true
		default:
			d.kinds = append(d.kinds, kinds[o.name])
		}
	}
	if o.err != nil {
		err = o.err
	}
	if err != nil {
		return p.usage("%v", err)
	}
	if len(d.kinds) == 0 {
		d.kinds = []string{"o2"}
	}
	for i, k := range d.kinds {
		if len(k) == 1 && k != "c" && k != "a" {
			k += "4"
		}
		if d.kinds[i] = k; !strings.Contains(" c a o1 o2 o4 x1 x2 x4 x8 d1 d2 d4 d8 u1 u2 u4 u8 ", " "+k+" ") {
			return p.usage("invalid type string '%s'", k)
		}
	}
	status := p.each(o.args, func(_ string, r io.Reader) error { return d.read(r) })
	d.finish()
	return status
}

type dumper struct {
	p           *Process
	radix       string // of addresses: o, d, x, or n for none
	kinds       []string
	width       int
	skip, limit int64
	all         bool

	offset   int64
	line     []byte
	last     []byte
	repeated bool
}

func (d *dumper) read(r io.Reader) error {
	if d.skip > 0 {
		n, err := io.CopyN(io.Discard, r, d.skip)
		d.skip -= n
		d.offset += n
		if err != nil {
			return notEOF(err)
		}
	}
	if d.limit >= 0 {
		r = io.LimitReader(r, d.limit)
	}
	buf := make([]byte, 32<<10)
	for {
		n, err := r.Read(buf)
		if d.limit >= 0 {
			d.limit -= int64(n)
		}
		for _, b := range buf[:n] {
			if d.line = append(d.line, b); len(d.line) == d.width {
				d.dump()
			}
		}
		if err != nil {
			return notEOF(err)
		}
	}
}

func (d *dumper) finish() {
	if len(d.line) > 0 {
		d.dump()
	}
	if d.radix != "n" {
		fmt.Fprintln(d.p.out, d.address())
	}
}

func (d *dumper) address() string {
	switch d.radix {
	case "d":
		return fmt.Sprintf("%07d", d.offset)
	case "x":
		return fmt.Sprintf("%06x", d.offset)
	case "n":
		return ""
	}
	return fmt.Sprintf("%07o", d.offset)
}

// dump prints one line of input, or a star for a line like the one before.
func (d *dumper) dump() {
	same := bytes.Equal(d.line, d.last) && !d.all
	if !same {
		for i, kind := range d.kinds {
			if i == 0 {
				d.p.out.WriteString(d.address())
			} else if d.radix != "n" {
				d.p.out.WriteString(strings.Repeat(" ", len(d.address())))
			}
			d.cells(kind)
			d.p.out.WriteByte('\n')
		}
	} else if !d.repeated {
		d.p.out.WriteString("*\n")
	}
	d.repeated = same
	d.offset += int64(len(d.line))
	d.last = append(d.last[:0], d.line...)
	d.line = d.line[:0]
}

func (d *dumper) cells(kind string) {
	if kind == "c" || kind == "a" {
		for _, b := range d.line {
			fmt.Fprintf(d.p.out, "%4s", character(b))
		}
		return
	}
	size := int(kind[1] - '0')
	for i := 0; i < len(d.line); i += size {
		var raw [8]byte
		copy(raw[:size], d.line[i:])
		n := binary.NativeEndian.Uint64(raw[:])
		switch kind[0] {
		case 'o':
			fmt.Fprintf(d.p.out, " %0*o", map[int]int{1: 3, 2: 6, 4: 11}[size], n)
		case 'x':
			fmt.Fprintf(d.p.out, " %0*x", 2*size, n)
		case 'u':
			fmt.Fprintf(d.p.out, " %*d", map[int]int{1: 3, 2: 5, 4: 10, 8: 20}[size], n)
		case 'd':
			shift := 64 - 8*size
			fmt.Fprintf(d.p.out, " %*d", map[int]int{1: 4, 2: 6, 4: 11, 8: 20}[size], int64(n<<shift)>>shift)
		}
	}
}

func character(b byte) string {
	switch {
	case b == 0:
		return `\0`
	case b >= 7 && b <= 13:
		return `\` + string("abtnvfr"[b-7])
	case b >= 0x20 && b < 0x7f:
		return string(rune(b))
	}
	return fmt.Sprintf("%03o", b)
}
