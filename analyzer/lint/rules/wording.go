package rules

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
)

// briefLength is how much of an instruction a message shows, in bytes.
const briefLength = 40

// brief is the beginning of an instruction, for a message.
func brief(in *dockerfile.Instruction) string {
	return cut(in.Summary(), briefLength)
}

// cut shortens a text to some bytes at a boundary of words where there is one.
// Control characters become spaces.
func cut(s string, length int) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return ' '
		}
		return r
	}, s)
	if len(s) <= length {
		return s
	}
	s = strings.ToValidUTF8(s[:length], "")
	if i := strings.LastIndexByte(s, ' '); i > length/2 {
		s = s[:i]
	}
	return strings.TrimRight(s, " \\&|;") + " …"
}

// count is a number with its noun: "1 step", "3 steps".
func count(n int, noun string) string {
	return fmt.Sprintf("%d %s", n, plural(n, noun, noun+"s"))
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// namely names an instruction in a message.
func namely(in *dockerfile.Instruction) string {
	return fmt.Sprintf("%s on line %d", brief(in), in.Line)
}

// weight is a size in brackets with a space before it, "" for one that is not
// known or does not matter.
func weight(size int64) string {
	switch {
	case size >= 1e9:
		return fmt.Sprintf(" (%.1f GB)", float64(size)/1e9)
	case size >= 1e6:
		return fmt.Sprintf(" (%.0f MB)", float64(size)/1e6)
	case size >= 1e5:
		return fmt.Sprintf(" (%.0f kB)", float64(size)/1e3)
	}
	return ""
}

// words is the set of the words of a text.
func words(text string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(text) {
		set[w] = true
	}
	return set
}
