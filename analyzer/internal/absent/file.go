package absent

import (
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/moby/patternmatcher"
)

// ExcludedBy returns the pattern of an ignore file that leaves a path out, the last
// one that matches it or a folder that it lies in; "" for none.
func ExcludedBy(patterns []string, name string) string {
	by := ""
	for _, p := range patterns {
		m, err := patternmatcher.New([]string{strings.TrimPrefix(p, "!")})
		if err != nil {
			continue
		}
		if matches, err := m.MatchesOrParentMatches(filepath.FromSlash(name)); err == nil && matches {
			by = p
		}
	}
	if strings.HasPrefix(by, "!") {
		return ""
	}
	return by
}

// mostEntries bounds the names of a folder that are looked at.
const mostEntries = 10_000

// SimilarFile finds a path that differs in case, or in a few letters of its last
// part; "" for none.
func SimilarFile(fsys fs.FS, name string) string {
	at := "."
	parts := strings.Split(name, "/")
	for i, part := range parts {
		names := namesIn(fsys, at)
		next := part
		if !slices.Contains(names, part) {
			next = ""
			for _, n := range names {
				if strings.EqualFold(n, part) {
					next = n
				}
			}
			if next == "" && i == len(parts)-1 {
				next = Nearest(part, names)
			}
		}
		if next == "" {
			return ""
		}
		at = path.Join(at, next)
	}
	if at == name {
		return ""
	}
	return at
}

func namesIn(fsys fs.FS, dir string) []string {
	if info, err := fs.Stat(fsys, dir); err != nil || !info.IsDir() { // opening a FIFO would wait
		return nil
	}
	f, err := fsys.Open(dir)
	if err != nil {
		return nil
	}
	defer f.Close()
	folder, ok := f.(fs.ReadDirFile)
	if !ok {
		return nil
	}
	entries, _ := folder.ReadDir(mostEntries) // as many as can be read
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
