package tool

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// echo prints its arguments. As in bash and busybox, escapes count with -e only.
func echo(_ context.Context, p *Process) int {
	args := p.Args[1:]
	newline, escapes := true, false
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' && strings.Trim(args[0][1:], "neE") == "" {
		newline = newline && !strings.Contains(args[0], "n")
		if last := strings.LastIndexAny(args[0], "eE"); last >= 0 {
			escapes = args[0][last] == 'e'
		}
		args = args[1:]
	}
	text, stop := strings.Join(args, " "), false
	if escapes {
		text, stop = unescape(text, true)
	}
	p.out.WriteString(text)
	p.endLine(newline && !stop)
	return 0
}

// unescape replaces backslash sequences as echo -e and printf do. Octal needs a leading zero with
// zero set (`\0101`), else it may have one. stop tells that \c ended the text.
func unescape(s string, zero bool) (text string, stop bool) {
	if !strings.Contains(s, `\`) {
		return s, false
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		switch c := s[i]; c {
		case 'c':
			return b.String(), true
		case 'x', 'u', 'U':
			value, n := digits(s[i+1:], 16, map[byte]int{'x': 2, 'u': 4, 'U': 8}[c])
			switch {
			case n == 0:
				b.WriteString(s[i-1 : i+1])
			case c == 'x':
				b.WriteByte(byte(value))
			default:
				b.WriteRune(rune(value))
			}
			i += n
		case '0', '1', '2', '3', '4', '5', '6', '7':
			limit := 3
			if c == '0' && zero {
				limit = 4
			} else if zero {
				b.WriteString(s[i-1 : i+1])
				continue
			}
			value, n := digits(s[i:], 8, limit)
			b.WriteByte(byte(value))
			i += n - 1
		default:
			if r, ok := simpleEscapes[c]; ok {
				b.WriteByte(r)
			} else {
				b.WriteString(s[i-1 : i+1])
			}
		}
	}
	return b.String(), false
}

// simpleEscapes are the letters that stand for one byte after a backslash.
var simpleEscapes = map[byte]byte{
	'a': '\a', 'b': '\b', 'e': 0x1b, 'E': 0x1b, 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v', '\\': '\\',
}

// digits reads up to limit digits and returns their value and number.
func digits(s string, base uint32, limit int) (value uint32, n int) {
	for n < limit && n < len(s) {
		d := strings.IndexByte("0123456789abcdef", s[n])
		if d < 0 {
			d = strings.IndexByte("0123456789ABCDEF", s[n])
		}
		if d < 0 || d >= int(base) {
			break
		}
		value = value*base + uint32(d)
		n++
	}
	return value, n
}

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
	for format != "" && !stop {
		text, rest, found := strings.Cut(format, "%")
		text, stop = unescape(text, false)
		f.p.out.WriteString(text)
		switch {
		case stop || !found:
			return stop
		case strings.HasPrefix(rest, "%"):
			f.p.out.WriteByte('%')
			format = rest[1:]
		default:
			format, stop = f.directive(rest)
		}
	}
	return stop
}

// directive writes what the directive asks for whose % stands before format, and returns the rest.
func (f *formatter) directive(format string) (rest string, stop bool) {
	n := len(format) - len(strings.TrimLeft(format, "-+ #0"))
	flags := format[:n]
	width, rest := f.number(format[n:])
	precision := ""
	if after, ok := strings.CutPrefix(rest, "."); ok {
		precision, rest = f.number(after)
		precision = "." + precision
	}
	if rest = strings.TrimLeft(rest, "hlL"); rest == "" { // sizes of C's types, without meaning here
		return f.invalid("%"+format, "missing format character")
	}
	spec, verb := "%"+flags+width+precision, rest[:1]
	text := ""
	switch verb {
	case "s":
		text = padded(f.next(), flags, width, precision)
	case "q":
		text = padded(quoted(f.next()), flags, width, precision)
	case "b":
		text, stop = unescape(f.next(), true)
		text = padded(text, flags, width, precision)
	case "c":
		text = padded(f.next(), flags, width, ".1")
	case "d", "i":
		text = fmt.Sprintf(spec+"d", f.integer())
	case "u":
		text = fmt.Sprintf(spec+"d", uint64(f.integer()))
	case "o", "x", "X":
		text = fmt.Sprintf(spec+verb, uint64(f.integer()))
	case "e", "E", "f", "F", "g", "G":
		if precision == "" {
			spec += ".6"
		}
		text = fmt.Sprintf(spec+verb, f.float())
	default:
		return f.invalid("%"+format, "invalid directive")
	}
	f.p.out.WriteString(text)
	return rest[1:], stop
}

// number reads a width or precision, which is * when an argument has it.
func (f *formatter) number(format string) (number, rest string) {
	if rest, ok := strings.CutPrefix(format, "*"); ok {
		return strconv.FormatInt(f.integer(), 10), rest
	}
	n := digitRun(format)
	return format[:n], format[n:]
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
		return int64(r)
	}
	n, err := strconv.ParseInt(strings.TrimSpace(arg), 0, 64)
	if err != nil {
		f.invalid(arg, "invalid number")
	}
	return n
}

func (f *formatter) float() float64 {
	arg := f.next()
	n, err := strconv.ParseFloat(strings.TrimSpace(arg), 64)
	if err != nil && arg != "" {
		f.invalid(arg, "invalid number")
	}
	return n
}

// invalid reports a mistake. Where it is returned, printf ends.
func (f *formatter) invalid(what, why string) (rest string, stop bool) {
	f.status = f.p.usage("%s: %s", what, why)
	return "", true
}

// padded cuts a text to a precision and fills it to a width, both in bytes, as C does.
func padded(text, flags, width, precision string) string {
	if precision != "" {
		n, _ := strconv.Atoi(precision[1:])
		text = text[:min(max(n, 0), len(text))]
	}
	n, _ := strconv.Atoi(width)
	const limit = 1 << 20 // a width is never an excuse to fill the memory
	fill := strings.Repeat(" ", min(max(max(n, -n)-len(text), 0), limit))
	if strings.Contains(flags, "-") || n < 0 {
		return text + fill
	}
	return fill + text
}

// quoted writes a text so that a shell reads it back.
func quoted(s string) string {
	if s == "" {
		return "''"
	}
	if strings.ContainsAny(s, "\n\t") {
		return "$'" + strings.NewReplacer("\n", `\n`, "\t", `\t`, "'", `\'`, `\`, `\\`).Replace(s) + "'"
	}
	var b strings.Builder
	for _, c := range []byte(s) {
		if !wordByte(c) && !strings.ContainsRune("%+,-./:=@^", rune(c)) {
			b.WriteByte('\\')
		}
		b.WriteByte(c)
	}
	return b.String()
}
