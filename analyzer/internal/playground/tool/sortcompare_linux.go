package tool

import (
	"cmp"
	"strings"
)

// order is how two texts compare.
type order struct{ blanks, fold, human, numeric, reverse, version bool }

func (o *order) set(letter string) {
	switch letter {
	case "b":
		o.blanks = true
	case "f":
		o.fold = true
	case "h":
		o.human = true
	case "n":
		o.numeric = true
	case "r":
		o.reverse = true
	case "V":
		o.version = true
	}
}

func (o order) compare(a, b string) int {
	if o.blanks || o.numeric || o.human {
		a, b = strings.TrimLeft(a, " \t"), strings.TrimLeft(b, " \t")
	}
	switch {
	case o.numeric:
		return compareNumbers(a, b)
	case o.human:
		return cmp.Or(cmp.Compare(humanRank(a), humanRank(b)), compareNumbers(a, b))
	case o.version:
		return compareVersions(a, b)
	case o.fold:
		a, b = strings.ToUpper(a), strings.ToUpper(b)
	}
	return strings.Compare(a, b)
}

// compareNumbers orders decimal numbers of any length; what is no number is 0.
func compareNumbers(a, b string) int {
	an, ai, af := splitNumber(a)
	bn, bi, bf := splitNumber(b)
	c := cmp.Or(cmp.Compare(len(ai), len(bi)), strings.Compare(ai, bi), strings.Compare(af, bf))
	switch {
	case an && bn:
		return -c
	case an:
		return -1
	case bn:
		return 1
	}
	return c
}

// splitNumber reads sign, whole part without leading zeros, and fraction without trailing ones.
func splitNumber(s string) (negative bool, whole, fraction string) {
	s, negative = strings.CutPrefix(s, "-")
	whole = s[:digitRun(s)]
	if rest, ok := strings.CutPrefix(s[len(whole):], "."); ok {
		fraction = strings.TrimRight(rest[:digitRun(rest)], "0")
	}
	whole = strings.TrimLeft(whole, "0")
	return negative && whole+fraction != "", whole, fraction
}

// digitRun is the number of digits that s starts with.
func digitRun(s string) int { return len(s) - len(strings.TrimLeft(s, "0123456789")) }

// humanRank orders units, with the sign of the number: 2K before 1M.
func humanRank(s string) int {
	rank := 0
	if body := strings.TrimLeft(s, "-0123456789."); body != "" {
		rank = strings.IndexByte("KMGTPE", strings.ToUpper(body[:1])[0]) + 1
	}
	if strings.HasPrefix(s, "-") {
		return -rank
	}
	return rank
}

// compareVersions orders texts with numbers in them: v9 before v10.
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
	if strings.HasPrefix(x, "~") || strings.HasPrefix(y, "~") {
		return cmp.Compare(len(y), len(x))
	}
	return cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(a, b))
}

// versionRank puts ~ first, then digits, letters, and other characters.
func versionRank(c byte) int {
	switch {
	case c == '~':
		return -1
	case isDigit(c):
		return 0
	case isLetter(c):
		return int(c)
	}
	return int(c) + 256
}
