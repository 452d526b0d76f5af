// Package pathmatch matches paths with the patterns of COPY and of ignore files, as
// BuildKit does. Paths have slashes.
package pathmatch

import (
	"path"
	"strings"

	"github.com/moby/patternmatcher"
)

// Leading matches a wildcard pattern with the leading part of a path that has as
// many names as the pattern: a pattern that matches a folder takes what is in it.
// below is the rest of the path, "" where the pattern matches all of it.
func Leading(pattern, name string) (below string, ok bool) {
	end := len(name)
	slashes := strings.Count(pattern, "/")
	for i := range len(name) {
		if name[i] != '/' {
			continue
		}
		if slashes == 0 {
			end = i
			break
		}
		slashes--
	}
	if slashes > 0 { // the path has fewer names
		return "", false
	}
	if ok, err := path.Match(pattern, name[:end]); err != nil || !ok {
		return "", false
	}
	return strings.TrimPrefix(name[end:], "/"), true
}

// Patterns are patterns of an ignore file, or of --exclude. The zero value has none.
type Patterns struct {
	matcher *patternmatcher.PatternMatcher
}

// Compile makes patterns of texts. Those that BuildKit refuses are none.
func Compile(texts []string) Patterns {
	if len(texts) == 0 {
		return Patterns{}
	}
	m, err := patternmatcher.New(texts)
	if err != nil {
		return Patterns{}
	}
	return Patterns{m}
}

// None says that there are no patterns.
func (p Patterns) None() bool { return p.matcher == nil }

// Match says that the patterns cover a path, or a folder that it lies in.
func (p Patterns) Match(name string) bool {
	if p.matcher == nil {
		return false
	}
	ok, err := p.matcher.MatchesOrParentMatches(name)
	return err == nil && ok
}
