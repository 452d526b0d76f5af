package explain

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/layerwise/layerwise/analyzer/record"
)

// maxQuoted bounds a value or an instruction inside a message, in characters.
const maxQuoted = 60

// quote puts a value in single quotes, on one line, cut where it is long. What a
// terminal would act on is escaped: values come from files that anyone wrote.
func quote(s string) string { return "'" + clip(plain(s), maxQuoted) + "'" }

// plain escapes control characters.
func plain(s string) string {
	if !strings.ContainsFunc(s, isUnsafe) {
		return s
	}
	var out strings.Builder
	for _, r := range s {
		if isUnsafe(r) {
			q := strconv.QuoteRune(r)
			out.WriteString(q[1 : len(q)-1])
		} else {
			out.WriteRune(r)
		}
	}
	return out.String()
}

// isUnsafe also finds the marks that change the direction of text.
func isUnsafe(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == unicode.ReplacementChar
}

func clip(s string, limit int) string {
	runes := []rune(s)
	if len(runes) <= limit {
		return s
	}
	return string(runes[:limit-1]) + "…"
}

// value is a value as a message has it.
func value(s string, set bool) string {
	switch {
	case !set:
		return "not set"
	case s == "":
		return "empty"
	}
	return clip(plain(s), maxQuoted)
}

// became says how a value changed. A credential's is not known, only that it
// changed.
func became(old, cur string, wasSet, set bool) string {
	const hidden = "redacted:"
	switch {
	case strings.HasPrefix(old, hidden) && strings.HasPrefix(cur, hidden):
		return "changed (its value is not recorded)"
	case strings.HasPrefix(cur, hidden):
		return "changed from " + value(old, wasSet) + " to a value that is not recorded"
	case strings.HasPrefix(old, hidden):
		return "changed to " + value(cur, set)
	case !wasSet:
		return "is new: " + value(cur, set)
	case !set:
		return "is no longer set, was " + value(old, wasSet)
	}
	return fmt.Sprintf("changed from %s to %s", value(old, true), value(cur, true))
}

// at names a step by its line.
func (s *side) at(i int) string {
	if s.steps[i].Trigger {
		return fmt.Sprintf("line %d (ONBUILD)", s.steps[i].Line)
	}
	return fmt.Sprintf("line %d", s.steps[i].Line)
}

// commit is the digest of a commit, in either of git's formats.
var commit = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)

// shortDigest keeps enough of a digest to tell two apart.
func shortDigest(d string) string {
	const enough = 12
	if hex, ok := strings.CutPrefix(d, "sha256:"); ok && len(hex) > enough {
		return "sha256:" + hex[:enough]
	}
	if commit.MatchString(d) {
		return d[:enough]
	}
	return clip(plain(d), maxQuoted)
}

// maxNamed is the number of files that a message names.
const maxNamed = 3

// describeFiles says which files changed, in few words.
func describeFiles(changes []record.Change) string {
	var verbs, parts []string
	names := map[string][]string{}
	for _, c := range changes[:min(maxNamed, len(changes))] {
		verb := c.Kind.Verb()
		if !slices.Contains(verbs, verb) {
			verbs = append(verbs, verb)
		}
		names[verb] = append(names[verb], plain(c.Path))
	}
	for _, verb := range verbs {
		parts = append(parts, listed(names[verb])+" "+verb)
	}
	switch more := len(changes) - maxNamed; {
	case more == 1:
		parts = append(parts, "and 1 more file")
	case more > 1:
		parts = append(parts, fmt.Sprintf("and %d more files", more))
	}
	return strings.Join(parts, ", ")
}

// listed is "a, b and c".
func listed(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

// listFiles fills a cause's files.
func (c *Cause) listFiles(changes []record.Change) {
	c.Files = changes[:min(MaxFiles, len(changes)):min(MaxFiles, len(changes))]
	c.MoreFiles = len(changes) - len(c.Files)
}
