//go:build linux

package tool

import (
	"context"
	"strings"
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
