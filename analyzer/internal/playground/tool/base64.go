//go:build linux

package tool

import (
	"context"
	"encoding/base64"
	"io"
	"strconv"
)

// base64Tool is the tool base64.
func base64Tool(_ context.Context, p *Process) int {
	o := p.options("dDiw:", "decode=d ignore-garbage=i wrap=w")
	decode, garbage, wrap := false, false, 76
	for o.next() {
		switch o.name {
		case "d", "D":
			decode = true
		case "i":
			garbage = true
		case "w":
			var err error
			if wrap, err = strconv.Atoi(o.arg); err != nil || wrap < 0 {
				return p.usage("invalid wrap size: '%s'", o.arg)
			}
		}
	}
	if o.err != nil {
		return p.usage("%v", o.err)
	}
	name := "-"
	if len(o.args) > 0 {
		name = o.args[0]
	}
	err := p.with(name, func(_ string, r io.Reader) error {
		if decode {
			if garbage {
				r = base64Only{r}
			}
			_, err := io.Copy(p.out, base64.NewDecoder(base64.StdEncoding, r))
			if _, ok := err.(base64.CorruptInputError); ok || err == io.ErrUnexpectedEOF {
				return told("invalid input")
			}
			return err
		}
		w := &wrapper{w: p.out, width: wrap}
		enc := base64.NewEncoder(base64.StdEncoding, w)
		if _, err := io.Copy(enc, r); err != nil {
			return err
		}
		if err := enc.Close(); err != nil {
			return err
		}
		return w.end()
	})
	if _, ok := err.(told); ok {
		return p.usage("%v", err)
	}
	if err != nil {
		return p.fail(name, err)
	}
	return 0
}

// base64Only drops bytes that are not of the alphabet.
type base64Only struct{ r io.Reader }

func (b base64Only) Read(buf []byte) (int, error) {
	n, err := b.r.Read(buf)
	kept := 0
	for _, c := range buf[:n] {
		if wordByte(c) && c != '_' && c < 0x80 || c == '+' || c == '/' || c == '=' {
			buf[kept] = c
			kept++
		}
	}
	return kept, err
}

// wrapper breaks lines after width bytes; 0 is never.
type wrapper struct {
	w             io.Writer
	width, column int
}

func (w *wrapper) Write(b []byte) (int, error) {
	total := len(b)
	for len(b) > 0 {
		n := len(b)
		if w.width > 0 {
			if w.column == w.width {
				io.WriteString(w.w, "\n")
				w.column = 0
			}
			n = min(n, w.width-w.column)
		}
		if _, err := w.w.Write(b[:n]); err != nil {
			return 0, err
		}
		w.column += n
		b = b[n:]
	}
	return total, nil
}

// end ends the last line.
func (w *wrapper) end() error {
	if w.width == 0 || w.column == 0 {
		return nil
	}
	_, err := io.WriteString(w.w, "\n")
	return err
}
