package lint

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/moby/patternmatcher"
)

// mostFiles bounds what is listed of a context, which may be somebody's home
// folder by mistake.
const mostFiles = 100_000

// tree is a listed context.
type tree struct {
	files    []File
	complete bool
}

// walk lists a folder as BuildKit sends it: links are not followed, and a folder
// that is left out is only entered where a pattern may let something in it
// through again.
func walk(root string, ignore *patternmatcher.PatternMatcher) *tree {
	w := &walker{root: root, ignore: ignore, tree: &tree{complete: true}}
	w.folder("", patternmatcher.MatchInfo{})
	slices.SortFunc(w.tree.files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return w.tree
}

type walker struct {
	root   string
	ignore *patternmatcher.PatternMatcher
	tree   *tree
	seen   int // entries looked at, ignored ones too
}

func (w *walker) folder(name string, above patternmatcher.MatchInfo) {
	entries, err := os.ReadDir(filepath.Join(w.root, filepath.FromSlash(name)))
	if err != nil {
		w.tree.complete = false
	}
	for _, e := range entries {
		if w.seen++; w.seen > mostFiles {
			w.tree.complete = false
			return
		}
		w.entry(path.Join(name, e.Name()), e, above)
	}
}

func (w *walker) entry(name string, e os.DirEntry, above patternmatcher.MatchInfo) {
	ignored := false
	var info patternmatcher.MatchInfo
	if w.ignore != nil {
		var err error
		if ignored, info, err = w.ignore.MatchesUsingParentResults(name, above); err != nil {
			ignored = false
		}
	}
	if !ignored {
		w.tree.files = append(w.tree.files, File{Path: name, Type: e.Type()})
	}
	if e.IsDir() && (!ignored || w.mayReturn(name)) {
		w.folder(name, info)
	}
}

// mayReturn says that a pattern may let something below an ignored folder through.
// Like fsutil, it only looks closer at patterns without wildcards.
func (w *walker) mayReturn(folder string) bool {
	for _, p := range w.ignore.Patterns() {
		if !p.Exclusion() {
			continue
		}
		text := filepath.ToSlash(p.String())
		if strings.ContainsAny(text, `*[]?^\`) || strings.HasPrefix(text+"/", folder+"/") {
			return true
		}
	}
	return false
}
