//go:build linux

package tool

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// tr translates, squeezes or deletes bytes.
func tr(_ context.Context, p *Process) int {
	o := p.options("+cCdst", "complement=c delete=d squeeze-repeats=s truncate-set1=t")
	var complement, remove, squeeze, truncate bool
	for o.next() {
		switch o.name {
		case "c", "C":
			complement = true
		case "d":
			remove = true
		case "s":
			squeeze = true
		case "t":
			truncate = true
		}
	}
	if o.err != nil {
		return p.usage("%v", o.err)
	}
	if len(o.args) == 0 {
		return p.usage("missing operand")
	}
	if len(o.args) > 2 || len(o.args) == 2 && remove && !squeeze {
		return p.usage("extra operand '%s'", o.args[len(o.args)-1])
	}
	if len(o.args) == 1 && !remove && !squeeze {
		return p.usage("missing operand after '%s'", o.args[0])
	}
	set1, err := parseSet(o.args[0], 0)
	if err != nil {
		return p.usage("%v", err)
	}
	if complement {
		set1 = complementOf(set1)
	}
	var set2 []byte
	if len(o.args) == 2 {
		if set2, err = parseSet(o.args[1], len(set1)); err != nil {
			return p.usage("%v", err)
		}
		if len(set2) == 0 && !remove {
			return p.usage("when not truncating set1, string2 must be non-empty")
		}
	}
	t := newTranslation(set1, set2, remove, squeeze, truncate)
	return p.report(t.run(p))
}

// translation is what happens to each byte.
type translation struct {
	to       [256]byte
	drop     [256]bool
	squeezed [256]bool // bytes, after translation, of which a run becomes one
}

func newTranslation(set1, set2 []byte, remove, squeeze, truncate bool) *translation {
	t := &translation{}
	for i := range t.to {
		t.to[i] = byte(i)
	}
	last := set2
	switch {
	case remove:
		for _, b := range set1 {
			t.drop[b] = true
		}
	case len(set2) > 0:
		for i, b := range set1 {
			if i < len(set2) {
				t.to[b] = set2[i]
			} else if !truncate {
				t.to[b] = set2[len(set2)-1]
			}
		}
	default:
		last = set1
	}
	if squeeze {
		for _, b := range last {
			t.squeezed[b] = true
		}
	}
	return t
}

func (t *translation) run(p *Process) error {
	in := p.stdin()
	buf := make([]byte, 32<<10)
	previous := -1
	for {
		n, err := in.Read(buf)
		for _, b := range buf[:n] {
			if t.drop[b] {
				continue
			}
			b = t.to[b]
			if t.squeezed[b] && previous == int(b) {
				continue
			}
			previous = int(b)
			p.out.WriteByte(b)
		}
		if err != nil {
			return notEOF(err)
		}
	}
}

func complementOf(set []byte) []byte {
	var in [256]bool
	for _, b := range set {
		in[b] = true
	}
	var out []byte
	for i := range in {
		if !in[i] {
			out = append(out, byte(i))
		}
	}
	return out
}

// parseSet expands a set: ranges a-z, classes [:alpha:], equivalents [=a=], repeats [x*n], and
// escapes. [x*] fills up to size.
func parseSet(s string, size int) ([]byte, error) {
	var set []byte
	for i := 0; i < len(s); {
		if strings.HasPrefix(s[i:], "[:") {
			if n := strings.Index(s[i:], ":]"); n > 0 {
				class, ok := classes[s[i+2:i+n]]
				if !ok {
					return nil, fmt.Errorf("invalid character class '%s'", s[i+2:i+n])
				}
				set = append(set, class()...)
				i += n + 2
				continue
			}
		}
		if strings.HasPrefix(s[i:], "[=") && len(s) >= i+5 && s[i+3:i+5] == "=]" {
			set = append(set, s[i+2])
			i += 5
			continue
		}
		if repeated, n, ok := repeat(s[i:], size-len(set)); ok {
			set = append(set, repeated...)
			i += n
			continue
		}
		from, n := setByte(s[i:])
		i += n
		if i+1 < len(s) && s[i] == '-' {
			to, n := setByte(s[i+1:])
			if to < from {
				return nil, errors.New("range-endpoints are in reverse collating sequence order")
			}
			for b := int(from); b <= int(to); b++ {
				set = append(set, byte(b))
			}
			i += 1 + n
			continue
		}
		set = append(set, from)
	}
	return set, nil
}

// repeat reads [x*n].
func repeat(s string, fill int) (set []byte, length int, ok bool) {
	if len(s) < 4 || s[0] != '[' {
		return nil, 0, false
	}
	b, n := setByte(s[1:])
	rest := s[1+n:]
	end := strings.IndexByte(rest, ']')
	if !strings.HasPrefix(rest, "*") || end < 0 {
		return nil, 0, false
	}
	times := fill
	if digits := rest[1:end]; digits != "" {
		v, err := strconv.ParseInt(digits, 0, 16)
		if err != nil {
			return nil, 0, false
		}
		times = int(v)
	}
	return []byte(strings.Repeat(string([]byte{b}), max(times, 0))), 1 + n + end + 1, true
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

// classes are the bytes of a character class.
var classes = map[string]func() []byte{
	"alnum":  func() []byte { return []byte(digitBytes + upperBytes + lowerBytes) },
	"alpha":  func() []byte { return []byte(upperBytes + lowerBytes) },
	"digit":  func() []byte { return []byte(digitBytes) },
	"lower":  func() []byte { return []byte(lowerBytes) },
	"upper":  func() []byte { return []byte(upperBytes) },
	"space":  func() []byte { return []byte("\t\n\v\f\r ") },
	"blank":  func() []byte { return []byte("\t ") },
	"xdigit": func() []byte { return []byte(digitBytes + "ABCDEFabcdef") },
	"print":  func() []byte { return byteRange(' ', '~') },
	"graph":  func() []byte { return byteRange('!', '~') },
	"cntrl":  func() []byte { return append(byteRange(0, 31), 127) },
	"punct":  func() []byte { return []byte("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~") },
}

const (
	digitBytes = "0123456789"
	upperBytes = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	lowerBytes = "abcdefghijklmnopqrstuvwxyz"
)

func byteRange(from, to int) []byte {
	var set []byte
	for b := from; b <= to; b++ {
		set = append(set, byte(b))
	}
	return set
}
