package tool

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// tr translates, squeezes or deletes bytes.
func tr(_ context.Context, p *Process) int {
	f, ok := p.flags("+cCds", "complement=c delete=d squeeze-repeats=s")
	if !ok {
		return 1
	}
	remove, squeeze := f.on("d"), f.on("s")
	if n := len(f.args); n < 1 || n > 2 || n == 2 && remove && !squeeze || n == 1 && !remove && !squeeze {
		return p.usage("usage: tr [-cs] set1 set2, or tr -d set1")
	}
	set1, err := parseSet(f.args[0], 0)
	if err != nil {
		return p.usage("%v", err)
	}
	if f.on("c", "C") {
		set1 = bytesOf(func(b byte) bool { return !slices.Contains(set1, b) })
	}
	var set2 []byte
	if len(f.args) == 2 {
		if set2, err = parseSet(f.args[1], len(set1)); err == nil && len(set2) == 0 && !remove {
			err = errors.New("string2 must be non-empty")
		}
		if err != nil {
			return p.usage("%v", err)
		}
	}
	t := newTranslation(set1, set2, remove, squeeze)
	in := bufio.NewReader(p.stdin())
	for previous := -1; ; {
		b, err := in.ReadByte()
		if err != nil {
			return p.report(notEOF(err))
		}
		to := t.to[b]
		if to >= 0 && !(to == previous && t.squeezed[to]) {
			p.out.WriteByte(byte(to))
			previous = to
		}
	}
}

// translation is what happens to each byte.
type translation struct {
	to       [256]int  // -1: it is dropped
	squeezed [256]bool // bytes, after translation, of which a run becomes one
}

func newTranslation(set1, set2 []byte, remove, squeeze bool) *translation {
	t := &translation{}
	for i := range t.to {
		t.to[i] = i
	}
	last := set2
	if len(set2) == 0 {
		last = set1
	}
	for i, b := range set1 {
		if remove {
			t.to[b] = -1
		} else if len(set2) > 0 {
			t.to[b] = int(set2[min(i, len(set2)-1)])
		}
	}
	for _, b := range last {
		t.squeezed[b] = squeeze
	}
	return t
}

// parseSet expands a set: ranges a-z, classes [:alpha:], repeats [x*n], and escapes. [x*] fills up
// to size.
func parseSet(s string, size int) ([]byte, error) {
	var set []byte
	for s != "" {
		if name, rest, ok := strings.Cut(strings.TrimPrefix(s, "[:"), ":]"); ok && strings.HasPrefix(s, "[:") {
			in, ok := classes[name]
			if !ok {
				return nil, fmt.Errorf("invalid character class '%s'", name)
			}
			set = append(set, bytesOf(in)...)
			s = rest
			continue
		}
		if repeated, rest, ok := repeat(s, size-len(set)); ok {
			set, s = append(set, repeated...), rest
			continue
		}
		from, n := setByte(s)
		to := from
		if s = s[n:]; len(s) > 1 && s[0] == '-' {
			to, n = setByte(s[1:])
			s = s[1+n:]
		}
		if to < from {
			return nil, errors.New("range-endpoints are in reverse collating sequence order")
		}
		for b := int(from); b <= int(to); b++ {
			set = append(set, byte(b))
		}
	}
	return set, nil
}

// repeat reads [x*n] at the start of s.
func repeat(s string, fill int) (set, rest string, ok bool) {
	if len(s) < 4 || s[0] != '[' {
		return "", s, false
	}
	b, n := setByte(s[1:])
	after, starred := strings.CutPrefix(s[1+n:], "*")
	digits, rest, closed := strings.Cut(after, "]")
	if !starred || !closed {
		return "", s, false
	}
	if digits != "" {
		v, err := strconv.ParseInt(digits, 0, 16)
		if err != nil {
			return "", s, false
		}
		fill = int(v)
	}
	return strings.Repeat(string([]byte{b}), max(fill, 0)), rest, true
}

// setByte reads one byte of a set, which may be escaped, and returns its length.
func setByte(s string) (byte, int) {
	if s[0] != '\\' || len(s) == 1 {
		return s[0], 1
	}
	if value, n := digits(s[1:], 8, 3); n > 0 {
		return byte(value), 1 + n
	}
	if b, ok := simpleEscapes[s[1]]; ok && s[1] != 'e' && s[1] != 'E' {
		return b, 2
	}
	return s[1], 2
}

// classes tell which bytes a character class has.
var classes = map[string]func(b byte) bool{
	"alnum":  func(b byte) bool { return isDigit(b) || isLetter(b) },
	"alpha":  isLetter,
	"digit":  isDigit,
	"lower":  func(b byte) bool { return 'a' <= b && b <= 'z' },
	"upper":  func(b byte) bool { return 'A' <= b && b <= 'Z' },
	"space":  func(b byte) bool { return b == ' ' || '\t' <= b && b <= '\r' },
	"blank":  blank,
	"xdigit": func(b byte) bool { return isDigit(b) || 'A' <= b && b <= 'F' || 'a' <= b && b <= 'f' },
	"print":  func(b byte) bool { return ' ' <= b && b <= '~' },
	"graph":  func(b byte) bool { return '!' <= b && b <= '~' },
	"cntrl":  func(b byte) bool { return b < ' ' || b == 127 },
	"punct":  func(b byte) bool { return '!' <= b && b <= '~' && !isDigit(b) && !isLetter(b) },
}

func isDigit(b byte) bool  { return '0' <= b && b <= '9' }
func isLetter(b byte) bool { return 'A' <= b && b <= 'Z' || 'a' <= b && b <= 'z' }
func blank(b byte) bool    { return b == ' ' || b == '\t' }

// bytesOf lists the bytes for which in is true.
func bytesOf(in func(byte) bool) []byte {
	var set []byte
	for i := range 256 {
		if in(byte(i)) {
			set = append(set, byte(i))
		}
	}
	return set
}
