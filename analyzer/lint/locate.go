package lint

import (
	"os"
	"path/filepath"
	"strings"
)

// FindContext guesses the context that the Dockerfile at a path is built with from
// what it copies: the Dockerfile's folder, unless all paths that it copies from the
// context, of those that can be checked, exist in a folder above and not there.
// No folder above top is looked at; top is "" for none above at all.
func FindContext(s *Subject, path, top string) *Context {
	folder := filepath.Dir(path)
	paths := s.contextPaths()
	if len(paths) == 0 || haveAll(folder, paths) {
		return OpenContext(folder, path)
	}
	var all []string
	if top != "" {
		all = foldersAbove(folder, top)
	}
	for _, above := range all {
		if haveAll(above, paths) {
			return OpenContext(above, path)
		}
	}
	c := OpenContext(folder, path)
	c.guessed = true
	return c
}

// contextPaths are the paths that a file takes from its context, without
// wildcards and without the context itself.
func (s *Subject) contextPaths() []string {
	var paths []string
	g := s.Graph()
	for _, stage := range s.File.Stages {
		for _, in := range stage.Instructions {
			for _, src := range g.Sources(in) {
				if src.Kind != SourceContext {
					continue
				}
				for _, p := range src.Paths {
					if p != "." && !strings.ContainsAny(p, `*?[\$`) {
						paths = append(paths, p)
					}
				}
			}
		}
	}
	return paths
}

func haveAll(folder string, paths []string) bool {
	for _, p := range paths {
		if _, err := os.Lstat(filepath.Join(folder, filepath.FromSlash(p))); err != nil {
			return false
		}
	}
	return true
}

// foldersAbove are those from the parent of a folder up to top, nearest first;
// none where the folder does not lie in top. Relative names stay relative.
func foldersAbove(folder, top string) []string {
	abs, err := filepath.Abs(folder)
	if err != nil {
		return nil
	}
	last, err := filepath.Abs(top)
	if err != nil || abs != last && !strings.HasPrefix(abs, strings.TrimSuffix(last, string(filepath.Separator))+string(filepath.Separator)) {
		return nil
	}
	var above []string
	for abs != last {
		abs = filepath.Dir(abs)
		if filepath.Base(folder) == "." || filepath.Base(folder) == ".." {
			folder = filepath.Join(folder, "..")
		} else {
			folder = filepath.Dir(folder)
		}
		above = append(above, folder)
	}
	return above
}
