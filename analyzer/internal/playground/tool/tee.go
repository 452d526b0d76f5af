//go:build linux

package tool

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
)

// tee copies standard input to standard output and to files.
func tee(_ context.Context, p *Process) int {
	o := p.options("aip", "append=a ignore-interrupts=i")
	flags := os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	for o.next() {
		if o.name == "a" {
			flags = os.O_WRONLY | os.O_CREATE | os.O_APPEND
		}
	}
	if o.err != nil {
		return p.usage("%v", o.err)
	}
	status := 0
	writers := []io.Writer{p.out}
	for _, name := range o.args {
		switch name {
		case "/dev/stderr":
			writers = append(writers, p.Stderr)
			continue
		case "/dev/stdout":
			writers = append(writers, p.out)
			continue
		}
		f, err := os.OpenFile(p.path(name), flags, 0o666)
		if err != nil {
			status = p.fail(name, err)
			continue
		}
		defer f.Close()
		writers = append(writers, f)
	}
	buf := make([]byte, 32<<10)
	for in := p.stdin(); ; {
		n, err := in.Read(buf)
		for i, w := range writers {
			if _, err := w.Write(buf[:n]); err != nil {
				status = p.fail(o.args[i-1], err)
			}
		}
		p.out.Flush() // what comes slowly is seen at once
		if errors.Is(err, io.EOF) {
			return status
		}
		if err != nil {
			return p.fail("read error", err)
		}
	}
}

// seq prints numbers: seq [FIRST [STEP]] LAST
func seq(ctx context.Context, p *Process) int {
	var separator, format = "\n", ""
	pad := false
	args := p.Args[1:]
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' && strings.IndexByte("swf", args[0][1]) >= 0 {
		letter, value := args[0][1], args[0][2:]
		args = args[1:]
		if letter == 'w' {
			pad = true
			continue
		}
		if value == "" && len(args) > 0 {
			value, args = args[0], args[1:]
		}
		if letter == 's' {
			separator = value
		} else {
			format = value
		}
	}
	first, step := "1", "1"
	switch len(args) {
	case 1:
	case 2:
		first = args[0]
	case 3:
		first, step = args[0], args[1]
	default:
		return p.usage("usage: seq [-w] [-s separator] [-f format] [first [step]] last")
	}
	last := args[len(args)-1]
	var v [3]float64
	for i, text := range []string{first, step, last} {
		var err error
		if v[i], err = strconv.ParseFloat(text, 64); err != nil {
			return p.usage("invalid floating point argument: '%s'", text)
		}
	}
	if v[1] == 0 {
		return p.usage("invalid Zero increment value: '%s'", step)
	}
	decimals := max(fractionDigits(first), fractionDigits(step))
	width := 0
	if pad {
		width = max(len(strconv.FormatFloat(v[0], 'f', decimals, 64)), len(strconv.FormatFloat(v[2], 'f', decimals, 64)))
	}
	if format == "" {
		format = fmt.Sprintf("%%0%d.%df", width, decimals)
	} else if !strings.Contains(format, "%") || strings.ContainsAny(format, "sdvqxT") {
		return p.usage("format '%s' has no %% directive", format)
	}
	n := math.Floor((v[2]-v[0])/v[1] + 1e-9)
	for i := 0.0; i <= n && ctx.Err() == nil; i++ {
		if i > 0 {
			p.out.WriteString(separator)
		}
		fmt.Fprintf(p.out, format, v[0]+i*v[1])
	}
	if n >= 0 {
		p.out.WriteByte('\n')
	}
	return 0
}

func fractionDigits(text string) int {
	_, fraction, _ := strings.Cut(text, ".")
	return len(fraction)
}
