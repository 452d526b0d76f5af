//go:build linux

package probe

import (
	"path"
	"strings"

	"github.com/layerwise/layerwise/analyzer/internal/pathmatch"
	"github.com/moby/buildkit/solver/pb"
)

// selection is a set of paths that an operation takes from an input.
type selection struct {
	path     string // absolute, slash
	wildcard bool
	follow   bool               // links that match the pattern stand for what they lead to
	include  pathmatch.Patterns // none for all
	exclude  pathmatch.Patterns
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
			include:  pathmatch.Compile(cp.GetIncludePatterns()),
			exclude:  pathmatch.Compile(cp.GetExcludePatterns()),
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
	return (s.include.None() || s.include.Match(below)) && !s.exclude.Match(below)
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
	return pathmatch.Leading(s.path, file)
}
