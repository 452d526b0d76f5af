package rules

import (
	"strings"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/internal/shell"
)

// value is a word with the variables of the build replaced. Ok is false where it
// holds any other expansion.
func value(p *lint.Pass, in *dockerfile.Instruction, w shell.Word) (string, bool) {
	if !w.Dynamic {
		return w.Text, true
	}
	if strings.ContainsAny(w.Text, "`(") {
		return "", false
	}
	var b strings.Builder
	for rest := w.Text; ; {
		i := strings.IndexByte(rest, '$')
		if i < 0 {
			b.WriteString(rest)
			return b.String(), true
		}
		b.WriteString(rest[:i])
		name := rest[i+1:]
		braces := strings.HasPrefix(name, "{")
		if braces {
			name = name[1:]
		}
		n := 0
		for n < len(name) && isNameByte(name[n]) {
			n++
		}
		rest = name[n:]
		if braces {
			if !strings.HasPrefix(rest, "}") {
				return "", false
			}
			rest = rest[1:]
		}
		v, ok := p.Graph().Sees(in).Get(name[:n])
		if !ok || v == "" {
			return "", false
		}
		b.WriteString(v)
	}
}

// hasWord reports whether a name stands in a text, with no letter, digit or
// underscore on either side.
func hasWord(text, name string) bool {
	for from := 0; ; {
		i := strings.Index(text[from:], name)
		if i < 0 {
			return false
		}
		i += from
		end := i + len(name)
		if (i == 0 || !isNameByte(text[i-1])) && (end == len(text) || !isNameByte(text[end])) {
			return true
		}
		from = i + 1
	}
}

func isNameByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}
