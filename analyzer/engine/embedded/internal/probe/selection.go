//go:build linux

package probe

import (
	"path"
	"strings"

	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/patternmatcher"
)

// selection is a set of paths that an operation takes from an input.
type selection struct {
	path     string // absolute, slash
	wildcard bool
	follow   bool                           // links that match the pattern stand for what they lead to
	include  *patternmatcher.PatternMatcher // nil for all
	exclude  *patternmatcher.PatternMatcher // nil for none
}

// selectionsOf returns what an operation takes from each of its inputs, by the
// input's index: what it copies, and the parts of it that it mounts.
func selectionsOf(op *pb.Op) map[int][]selection {
	selected := map[int][]selection{}
	for _, action := range op.GetFile().GetActions() {
		cp := action.GetCopy()
		if cp == nil || action.GetSecondaryInput() < 0 {
			continue
		}
		input := int(action.GetSecondaryInput())
		selected[input] = append(selected[input], selection{
			path:     path.Join("/", cp.GetSrc()),
			wildcard: cp.GetAllowWildcard() && strings.ContainsAny(cp.GetSrc(), `*?[\`),
			follow:   cp.GetFollowSymlink(),
			include:  matcher(cp.GetIncludePatterns()),
			exclude:  matcher(cp.GetExcludePatterns()),
		})
	}
	for _, m := range op.GetExec().GetMounts() {
		if m.GetInput() < 0 {
			continue
		}
		input := int(m.GetInput())
		selected[input] = append(selected[input], selection{path: path.Join("/", m.GetSelector())})
	}
	return selected
}

// matcher is nil for no patterns, and for patterns that BuildKit refuses when
// it computes the content.
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

// has reports whether file, an absolute slash path, is selected. Symbolic links
// in the selection's own path are not followed here.
func (s selection) has(file string) bool {
	below, ok := s.below(file)
	if !ok {
		return false
	}
	if below == "" {
		return true
	}
	if s.include != nil && !matches(s.include, below) {
		return false
	}
	return s.exclude == nil || !matches(s.exclude, below)
}

// replaces reports whether a symbolic link at this path matches the pattern, and
// so stands for what it leads to. Links below a folder that matches do not.
func (s selection) replaces(link string) bool {
	if !s.wildcard || !s.follow {
		return false
	}
	below, ok := s.below(link)
	return ok && below == ""
}

func matches(m *patternmatcher.PatternMatcher, name string) bool {
	ok, err := m.MatchesOrParentMatches(name)
	return err == nil && ok
}

// below returns the part of file under the selected path, "" where file is that
// path itself.
func (s selection) below(file string) (string, bool) {
	if s.path == "/" {
		return strings.TrimPrefix(file, "/"), true
	}
	if !s.wildcard {
		if file == s.path {
			return "", true
		}
		return strings.CutPrefix(file, s.path+"/")
	}
	// A pattern matches a whole path, so it can only match the leading part
	// of file with as many names as it has itself.
	end := len(file)
	for i, names := 1, strings.Count(s.path, "/"); i < len(file); i++ {
		if file[i] != '/' {
			continue
		}
		if names--; names == 0 {
			end = i
			break
		}
	}
	if ok, err := path.Match(s.path, file[:end]); err != nil || !ok {
		return "", false
	}
	return strings.TrimPrefix(file[end:], "/"), true
}
