package text

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// clean makes text safe to print: control characters, escape sequences,
// bidirectional and other invisible characters, odd spaces and invalid UTF-8
// are shown as what they are (\n, \x1b, \u202e, \xff). In ASCII mode so is
// every other character above U+007F, but for some signs of typography.
func (p *page) clean(s string) string {
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
		case unicode.IsPrint(r) && (r < utf8.RuneSelf || !p.opts.ASCII):
			b.WriteString(s[:size])
		case unicode.IsPrint(r) && asciiFor[r] != "":
			b.WriteString(asciiFor[r])
		default:
			b.WriteString(escaped(r))
		}
		s = s[size:]
	}
	return b.String()
}

func escaped(r rune) string {
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

var asciiFor = map[rune]string{
	'–': "-", '—': "-", '…': "...", '→': "->", '×': "x",
	'‘': "'", '’': "'", '“': `"`, '”': `"`,
}

var longDigest = regexp.MustCompile(`\bsha256:([0-9a-f]{12})[0-9a-f]{52}\b`)

// says cleans a message, and shortens the digests in it as docker does.
func (p *page) says(s string) string {
	s = p.clean(s)
	if p.opts.Verbose || !strings.Contains(s, "sha256:") {
		return s
	}
	return longDigest.ReplaceAllString(s, "sha256:$1")
}
