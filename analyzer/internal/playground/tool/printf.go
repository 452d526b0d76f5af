//go:build linux

package tool

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// printf formats its arguments, and reuses the format until they are used up.
func printf(_ context.Context, p *Process) int {
	args := p.Args[1:]
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		return p.usage("usage: printf format [arguments]")
	}
	f := formatter{p: p, args: args[1:]}
	for {
		before := len(f.args)
		if f.once(args[0]) || len(f.args) == 0 || len(f.args) == before {
			return f.status
		}
	}
}

// formatter is one call of printf.
type formatter struct {
	p      *Process
	args   []string
	status int
}

// once writes the format once, and tells whether printf ends there.
func (f *formatter) once(format string) (stop bool) {
	for format != "" {
		i := strings.IndexAny(format, `%\`)
		if i < 0 {
			f.p.out.WriteString(format)
			return false
		}
		f.p.out.WriteString(format[:i])
		format = format[i:]
		if format[0] == '\\' {
			n := escapeLength(format)
			text, stop := unescape(format[:n], false)
			f.p.out.WriteString(text)
			if stop {
				return true
			}
			format = format[n:]
			continue
		}
		if strings.HasPrefix(format, "%%") {
			f.p.out.WriteByte('%')
			format = format[2:]
			continue
		}
		var ok bool
		if format, ok = f.directive(format); !ok {
			return true
		}
	}
	return false
}

// escapeLength returns the length of the escape sequence that s starts with.
func escapeLength(s string) int {
	if len(s) < 2 {
		return len(s)
	}
	switch s[1] {
	case 'x':
		_, n := digits(s[2:], 16, 2)
		return 2 + n
	case 'u':
		_, n := digits(s[2:], 16, 4)
		return 2 + n
	case 'U':
		_, n := digits(s[2:], 16, 8)
		return 2 + n
	case '0', '1', '2', '3', '4', '5', '6', '7':
		_, n := digits(s[1:], 8, 3)
		return 1 + n
	}
	return 2
}

// directive writes what a % directive at the start of format asks for, and returns the rest of the format.
func (f *formatter) directive(format string) (rest string, ok bool) {
	i := 1
	for i < len(format) && strings.IndexByte("-+ #0'", format[i]) >= 0 {
		i++
	}
	flags := strings.ReplaceAll(format[1:i], "'", "")
	width, i := f.number(format, i)
	precision := ""
	if i < len(format) && format[i] == '.' {
		precision, i = f.number(format, i+1)
		precision = "." + precision
	}
	for i < len(format) && strings.IndexByte("hlLjzt", format[i]) >= 0 { // sizes of C's types, without meaning here
		i++
	}
	if i == len(format) {
		f.p.errorf("%s: missing format character", format)
		f.status = 1
		return "", false
	}
	spec := "%" + flags + width + precision
	switch verb := format[i]; verb {
	case 's':
		fmt.Fprint(f.p.out, padded(f.next(), flags, width, precision))
	case 'q':
		fmt.Fprint(f.p.out, padded(quoted(f.next()), flags, width, precision))
	case 'b':
		text, stop := unescape(f.next(), true)
		fmt.Fprint(f.p.out, padded(text, flags, width, precision))
		if stop {
			return "", false
		}
	case 'c':
		arg := f.next()
		fmt.Fprint(f.p.out, padded(arg[:min(1, len(arg))], flags, width, ""))
	case 'd', 'i':
		fmt.Fprintf(f.p.out, spec+"d", f.integer())
	case 'u':
		fmt.Fprintf(f.p.out, spec+"d", uint64(f.integer()))
	case 'o', 'x', 'X':
		fmt.Fprintf(f.p.out, spec+string(verb), uint64(f.integer()))
	case 'e', 'E', 'f', 'F', 'g', 'G':
		if precision == "" {
			spec += ".6"
		}
		fmt.Fprintf(f.p.out, spec+string(verb), f.float())
	default:
		f.p.errorf("%s: invalid directive", format[:i+1])
		f.status = 1
		return "", false
	}
	return format[i+1:], true
}

// number reads a width or precision, which is * when an argument has it.
func (f *formatter) number(format string, i int) (string, int) {
	if i < len(format) && format[i] == '*' {
		return strconv.FormatInt(f.integer(), 10), i + 1
	}
	start := i
	for i < len(format) && format[i] >= '0' && format[i] <= '9' {
		i++
	}
	return format[start:i], i
}

// next takes the next argument, empty when there is none.
func (f *formatter) next() string {
	if len(f.args) == 0 {
		return ""
	}
	arg := f.args[0]
	f.args = f.args[1:]
	return arg
}

// integer takes an argument as a number: decimal, octal, hexadecimal, or the code of the character
// after a quote.
func (f *formatter) integer() int64 {
	arg := f.next()
	if arg == "" {
		return 0
	}
	if arg[0] == '\'' || arg[0] == '"' {
		r, _ := utf8.DecodeRuneInString(arg[1:])
		if arg[1:] == "" {
			r = 0
		}
		return int64(r)
	}
	text := strings.TrimPrefix(strings.TrimLeft(arg, " \t"), "+")
	if n, err := strconv.ParseInt(text, 0, 64); err == nil && !strings.Contains(text, "_") {
		return n
	}
	if n, err := strconv.ParseUint(text, 0, 64); err == nil && !strings.Contains(text, "_") {
		return int64(n)
	}
	f.invalid(arg)
	end := 0
	for end < len(text) && (text[end] >= '0' && text[end] <= '9' || end == 0 && text[end] == '-') {
		end++
	}
	n, _ := strconv.ParseInt(text[:end], 10, 64)
	return n
}

func (f *formatter) float() float64 {
	arg := f.next()
	if arg == "" {
		return 0
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(arg), 64)
	if err != nil {
		f.invalid(arg)
	}
	return n
}

func (f *formatter) invalid(arg string) {
	f.p.errorf("%s: invalid number", arg)
	f.status = 1
}

// padded cuts a text to a precision and fills it to a width, both in bytes, as C does.
func padded(text, flags, width, precision string) string {
	if precision != "" {
		n, _ := strconv.Atoi(precision[1:])
		text = text[:min(max(n, 0), len(text))]
	}
	n, _ := strconv.Atoi(width)
	left := strings.Contains(flags, "-") || n < 0
	n = max(n, -n)
	const limit = 1 << 20 // a width is never an excuse to fill the memory
	fill := strings.Repeat(" ", min(max(n-len(text), 0), limit))
	if left {
		return text + fill
	}
	return fill + text
}

// quoted writes a text so that a shell reads it back.
func quoted(s string) string {
	if s == "" {
		return "''"
	}
	var b strings.Builder
	for _, r := range s {
		if r < 128 && !strings.ContainsRune("%+,-./:=@_^"+digitBytes+upperBytes+lowerBytes, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	if strings.ContainsAny(s, "\n\t") {
		return "$'" + strings.NewReplacer("\n", `\n`, "\t", `\t`, "'", `\'`, `\`, `\\`).Replace(s) + "'"
	}
	return b.String()
}
