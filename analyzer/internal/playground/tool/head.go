//go:build linux

package tool

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// head prints the start of files.
func head(_ context.Context, p *Process) int {
	c := count{n: 10}
	o := p.options("n:c:qvz", "lines=n bytes=c quiet=q silent=q verbose=v zero-terminated=z")
	o.numbers = true
	return c.run(p, o, func(r io.Reader) error {
		switch {
		case c.bytes && c.sign != '-':
			_, err := io.CopyN(p.out, r, c.n)
			return notEOF(err)
		case c.bytes:
			return copyAllBut(p.out, r, c.n)
		case c.sign == '-':
			var kept [][]byte
			return lines(r, '\n', func(line []byte, ended bool) error {
				kept = append(kept, bytes.Clone(line))
				if int64(len(kept)) > c.n {
					p.out.Write(kept[0])
					p.out.WriteByte('\n')
					kept = kept[1:]
				}
				return nil
			})
		}
		left := c.n
		if left == 0 {
			return nil
		}
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
func tail(ctx context.Context, p *Process) int {
	c := count{n: 10}
	o := p.options("n:c:qvzfFs:", "lines=n bytes=c quiet=q silent=q verbose=v follow:: retry pid: sleep-interval=s")
	o.numbers = true
	if len(p.Args) > 1 && len(p.Args[1]) > 1 && p.Args[1][0] == '+' { // the old form, tail +5
		p.Args = append([]string{p.Args[0], "-n", p.Args[1]}, p.Args[2:]...)
		o.rest = p.Args[1:]
	}
	return c.run(p, o, func(r io.Reader) error {
		switch {
		case c.bytes && c.sign == '+':
			if _, err := io.CopyN(io.Discard, r, max(c.n-1, 0)); err != nil {
				return notEOF(err)
			}
			_, err := io.Copy(p.out, r)
			return err
		case c.bytes:
			return lastBytes(p.out, r, c.n)
		case c.sign == '+':
			number := int64(0)
			return lines(r, '\n', func(line []byte, ended bool) error {
				if number++; number >= c.n {
					p.out.Write(line)
					p.endLine(ended)
				}
				return nil
			})
		}
		return c.lastLines(p, r)
	})
}

// count is what head and tail have in common.
type count struct {
	n     int64
	sign  byte // the + or - before n, 0 if there is none
	bytes bool
}

// run reads the options and calls print for each file, under a heading if there are several.
func (c *count) run(p *Process, o *options, print func(io.Reader) error) int {
	quiet, verbose := false, false
	for o.next() {
		switch o.name {
		case "n", "c", "number":
			c.bytes = o.name == "c"
			if err := c.set(o.arg); err != nil {
				return p.usage("invalid number of lines or bytes: '%s'", o.arg)
			}
		case "q":
			quiet = true
		case "v":
			verbose = true
		case "f", "F", "follow":
			return p.usage("a build step cannot follow a file: -f is not supported in the playground")
		}
	}
	if o.err != nil {
		return p.usage("%v", o.err)
	}
	headings := (len(o.args) > 1 || verbose) && !quiet
	first := true
	names := o.args
	if len(names) == 0 {
		names = []string{"-"}
	}
	status := 0
	for _, name := range names {
		err := p.with(name, func(_ string, r io.Reader) error {
			if headings {
				title := name
				if name == "-" {
					title = "standard input"
				}
				if !first {
					p.out.WriteByte('\n')
				}
				fmt.Fprintf(p.out, "==> %s <==\n", title)
				first = false
			}
			return print(r)
		})
		if err != nil {
			p.errorf("cannot open '%s' for reading: %s", name, reason(err))
			status = 1
		}
	}
	return status
}

// set reads a number with a sign and a suffix.
func (c *count) set(text string) (err error) {
	c.sign = 0
	if text != "" && (text[0] == '+' || text[0] == '-') {
		c.sign, text = text[0], text[1:]
	}
	c.n, err = parseSize(text)
	return err
}

// parseSize reads a number with an optional unit: b is 512, K is 1024, KB is 1000, and so on.
func parseSize(text string) (int64, error) {
	digits := strings.TrimRight(text, "bkKMGTBi")
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("invalid number '%s'", text)
	}
	unit := map[string]int64{"": 1, "b": 512, "k": 1 << 10, "K": 1 << 10, "KiB": 1 << 10, "kB": 1e3, "KB": 1e3,
		"M": 1 << 20, "MiB": 1 << 20, "MB": 1e6, "G": 1 << 30, "GiB": 1 << 30, "GB": 1e9, "T": 1 << 40}[text[len(digits):]]
	if unit == 0 || n > (1<<62)/unit {
		return 0, fmt.Errorf("invalid number '%s'", text)
	}
	return n * unit, nil
}

func notEOF(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}

// lastLines prints the last n lines, and keeps no more than those in memory.
func (c *count) lastLines(p *Process, r io.Reader) error {
	if c.n == 0 {
		return nil
	}
	var kept [][]byte
	next, whole := 0, true
	err := lines(r, '\n', func(line []byte, ended bool) error {
		whole = ended
		if int64(len(kept)) < c.n {
			kept = append(kept, bytes.Clone(line))
			return nil
		}
		kept[next] = append(kept[next][:0], line...)
		next = (next + 1) % len(kept)
		return nil
	})
	for i := range kept {
		p.out.Write(kept[(next+i)%len(kept)])
		p.endLine(whole || i < len(kept)-1)
	}
	return err
}

// copyAllBut copies r without its last n bytes.
func copyAllBut(w io.Writer, r io.Reader, n int64) error {
	var kept []byte
	buf := make([]byte, 32<<10)
	for {
		read, err := r.Read(buf)
		kept = append(kept, buf[:read]...)
		if extra := int64(len(kept)) - n; extra > 0 {
			w.Write(kept[:extra])
			kept = append(kept[:0], kept[extra:]...)
		}
		if err != nil {
			return notEOF(err)
		}
	}
}

// lastBytes copies the last n bytes of r.
func lastBytes(w io.Writer, r io.Reader, n int64) error {
	if f, ok := r.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() && info.Size() > n {
			if _, err := f.Seek(-n, io.SeekEnd); err == nil {
				_, err := io.Copy(w, f)
				return err
			}
		}
	}
	var kept []byte
	buf := make([]byte, 32<<10)
	for {
		read, err := r.Read(buf)
		kept = append(kept, buf[:read]...)
		if extra := int64(len(kept)) - n; extra > 0 {
			kept = append(kept[:0], kept[extra:]...)
		}
		if err != nil {
			w.Write(kept)
			return notEOF(err)
		}
	}
}
