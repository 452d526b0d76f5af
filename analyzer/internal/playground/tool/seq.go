//go:build linux

package tool

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
)

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
	if len(args) < 1 || len(args) > 3 {
		return p.usage("usage: seq [-w] [-s separator] [-f format] [first [step]] last")
	}
	texts := []string{"1", "1", args[len(args)-1]} // first, step, last
	copy(texts, args[:len(args)-1])
	var v [3]float64
	for i, text := range texts {
		var err error
		if v[i], err = strconv.ParseFloat(text, 64); err != nil || i == 1 && v[i] == 0 {
			return p.usage("invalid argument: '%s'", text)
		}
	}
	decimals := max(fractionDigits(texts[0]), fractionDigits(texts[1]))
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
	p.endLine(n >= 0)
	return 0
}

func fractionDigits(text string) int {
	_, fraction, _ := strings.Cut(text, ".")
	return len(fraction)
}
