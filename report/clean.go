package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean makes text safe to print: control characters, escape sequences,
// bidirectional and other invisible characters, odd spaces and invalid UTF-8
// are shown as what they are (\n, \x1b, \u202e, \xff).
func Clean(s string) string {
	i := strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
	if i < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	b.WriteString(s[:i])
	for s = s[i:]; s != ""; {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case unicode.IsPrint(r):
			b.WriteString(s[:size])
		default:
			b.WriteString(Escape(r))
		}
		s = s[size:]
	}
	return b.String()
}

// Escape writes a character as what it is, in ASCII.
func Escape(r rune) string {
	switch {
	case r == '\n':
		return `\n`
	case r == '\r':
		return `\r`
	case r == '\t':
		return `\t`
	case r < utf8.RuneSelf:
		return fmt.Sprintf(`\x%02x`, r)
	case r <= 0xffff:
		return fmt.Sprintf(`\u%04x`, r)
	}
	return fmt.Sprintf(`\U%08x`, r)
}
