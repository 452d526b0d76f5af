package lint

import (
	"path"
	"strings"

	"github.com/moby/patternmatcher"
)

// Matches are the entries that a COPY, an ADD or a mount takes from the context,
// sorted by path, folders with all that is below them. --exclude is obeyed.
func (c *Context) Matches(src Source) []File {
	if src.Kind != SourceContext {
		return nil
	}
	files, _ := c.Files()
	exclude := matcher(src.Excludes)
	var parents *patternmatcher.PatternMatcher
	if src.Parents {
		parents = matcher(src.Paths)
	}
	var found []File
	for _, f := range files {
		if (takes(src, f.Path) || matches(parents, f.Path)) && !matches(exclude, f.Path) {
			found = append(found, f)
		}
	}
	return found
}

// matcher returns nil for patterns that are none.
func matcher(patterns []string) *patternmatcher.PatternMatcher {
	if len(patterns) == 0 {
		return nil
	}
	m, err := patternmatcher.New(patterns)
	if err != nil {
		return nil
	}
	return m
}

func matches(m *patternmatcher.PatternMatcher, name string) bool {
	if m == nil {
		return false
	}
	ok, err := m.MatchesOrParentMatches(name)
	return err == nil && ok
}

// takes says that a source names a path or a folder above it.
func takes(src Source, name string) bool {
	for _, p := range src.Paths {
		if p == "." || name == p || strings.HasPrefix(name, p+"/") {
			return true
		}
		if !src.Mount && strings.ContainsAny(p, `*?[\`) && matchesTop(p, name) {
			return true
		}
	}
	return false
}

// matchesTop matches a pattern with as many parts of a path, from its top, as it
// has itself.
func matchesTop(pattern, name string) bool {
	depth := strings.Count(pattern, "/") + 1
	parts := strings.SplitN(name, "/", depth+1)
	if len(parts) < depth {
		return false
	}
	ok, err := path.Match(pattern, strings.Join(parts[:depth], "/"))
	return err == nil && ok
}
