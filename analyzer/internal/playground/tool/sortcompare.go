//go:build linux

package tool

import (
	"cmp"
	"strings"
)

type order struct{ blanks, dictionary, fold, general, human, printable, numeric, reverse, version bool }

func (o *order) set(letter byte) {
	switch letter {
	case 'b':
		o.blanks = true
	case 'd':
		o.dictionary = true
	case 'f':
		o.fold = true
	case 'g':
		o.general = true
	case 'h':
		o.human = true
	case 'i':
		o.printable = true
	case 'n':
		o.numeric = true
	case 'r':
		o.reverse = true
	case 'V':
		o.version = true
	}
}

func blank(b byte) bool { return b == ' ' || b == '\t' }

func dictionaryRune(r rune) rune {
	if blank(byte(r)) && r < 0x80 || r < 0x80 && wordByte(byte(r)) && r != '_' {
		return r
	}
	return -1
}

func compareNumbers(a, b string) int {
	an, ai, af := splitNumber(a)
	bn, bi, bf := splitNumber(b)
	if an != bn {
		if an {
			return -1
		}
		return 1
	}
	c := cmp.Compare(len(ai), len(bi))
	if c == 0 {
		c = strings.Compare(ai, bi)
	}
	if c == 0 {
		c = strings.Compare(af, bf)
	}
	if an {
		return -c
	}
	return c
}

func splitNumber(s string) (negative bool, whole, fraction string) {
	s, negative = strings.CutPrefix(s, "-")
	whole = s[:digitRun(s)]
	if rest := s[len(whole):]; strings.HasPrefix(rest, ".") {
		fraction = strings.TrimRight(rest[1:1+digitRun(rest[1:])], "0")
	}
	whole = strings.TrimLeft(whole, "0")
	return negative && whole+fraction != "", whole, fraction
}

func digitRun(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

func humanRank(s string) int {
	body := strings.TrimLeft(s, "-0123456789.")
	rank := 0
	if body != "" {
		rank = strings.IndexByte("KMGTPEZY", strings.ToUpper(body[:1])[0]) + 1
	}
	if strings.HasPrefix(s, "-") {
		return -rank
	}
	return rank
}

func compareVersions(a, b string) int {
	x, y := a, b
	for x != "" && y != "" {
		nx, ny := digitRun(x), digitRun(y)
		if nx > 0 && ny > 0 {
			if c := compareNumbers(x[:nx], y[:ny]); c != 0 {
				return c
			}
			x, y = x[nx:], y[ny:]
			continue
		}
		if x[0] != y[0] {
			return cmp.Compare(versionRank(x[0]), versionRank(y[0]))
		}
		x, y = x[1:], y[1:]
	}
	if c := cmp.Compare(len(x), len(y)); c != 0 {
		if len(x) > 0 && x[0] == '~' || len(y) > 0 && y[0] == '~' {
			return -c
		}
		return c
	}
	return strings.Compare(a, b)
}

func versionRank(c byte) int {
	switch {
	case c == '~':
		return -1
	case c >= '0' && c <= '9':
		return 0
	case c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z':
		return int(c)
	}
	return int(c) + 256
}
