// Package absent says what became of a name that is not there: which other one it
// was likely meant to be, and, of a file, which pattern leaves it out of a context.
package absent

import (
	"slices"
	"strings"

	"github.com/agext/levenshtein"
)

// Nearest returns the choice that a name which fits none was likely meant to be: one
// that differs in case alone, else one that is a few letters away, else one of which
// it is the beginning, or that is its beginning; "" for none.
func Nearest(name string, choices []string) string {
	lower := strings.ToLower(name)
	best, least := "", farthest(len(name))+1
	for _, c := range slices.Sorted(slices.Values(choices)) {
		if c == name || c == "" {
			continue
		}
		if d := levenshtein.Distance(lower, strings.ToLower(c), nil); d < least {
			best, least = c, d
		}
	}
	if best == "" {
		for _, c := range slices.Sorted(slices.Values(choices)) {
			if c != name && min(len(c), len(name)) >= 3 && (strings.HasPrefix(strings.ToLower(c), lower) || strings.HasPrefix(lower, strings.ToLower(c))) {
				return c
			}
		}
	}
	return best
}

// farthest is how many letters may be wrong in a name. Two that change places are
// two.
func farthest(length int) int {
	switch {
	case length < 3:
		return 0
	case length < 4:
		return 1
	}
	return 2
}
