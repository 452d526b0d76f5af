package text

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/layerwise/layerwise/report"
)

// clean makes text safe to print, as report.Clean does. In ASCII mode every
// character above U+007F is written in ASCII too: some signs of typography by
// their like, the others as escapes.
func (p *page) clean(s string) string {
	s = report.Clean(s)
	if !p.opts.ASCII || !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r < utf8.RuneSelf:
			b.WriteRune(r)
		case asciiFor[r] != "":
			b.WriteString(asciiFor[r])
		default:
			b.WriteString(report.Escape(r))
		}
	}
	return b.String()
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
