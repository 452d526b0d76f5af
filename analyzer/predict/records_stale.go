package predict

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/layerwise/layerwise/analyzer/solve"
)

// transfers knows what an engine was sent of the client's folders, and which
// changes it will not notice: it compares a file by size and time, and a folder
// not by its mode, and keeps what it has where these are the same.
type transfers struct {
	source solve.Source
	last   *record.Record // the newest build on the engine; nil for none
	now    map[string]record.Tree
}

// unnoticed returns a file for whose sake an operation would have another key, if
// the engine may not notice any of the changes to the files that it takes; "" if
// it notices one, or nothing changed.
func (t *transfers) unnoticed(v *record.Vertex) string {
	if t == nil || t.last == nil {
		return ""
	}
	found := ""
	for i := range v.Inputs {
		in := &v.Inputs[i]
		before, known := t.last.Trees[in.Tree]
		if in.Tree == "" || !in.Hashed || !known {
			continue
		}
		old, cur := record.Select(before, in.Selectors), record.Select(t.now[in.Tree], in.Selectors)
		for _, change := range record.DiffTrees(old, cur) {
			if !t.mayMiss(in.Tree, change, old, cur) {
				return ""
			}
			found = change.Path
		}
	}
	return found
}

// mayMiss says that an engine with the older tree may not notice a change.
func (t *transfers) mayMiss(tree string, change record.Change, before, now record.Tree) bool {
	old, cur := fileOf(before, change.Path), fileOf(now, change.Path)
	if old == nil || cur == nil || old.Type != cur.Type {
		return false
	}
	switch {
	case change.Kind == record.ModeChanged:
		return cur.Type == "dir"
	case change.Kind != record.ContentChanged || old.Size != cur.Size:
		return false
	}
	info, err := os.Lstat(filepath.Join(t.source.Folder(tree), filepath.FromSlash(change.Path)))
	return err == nil && info.ModTime().Before(t.last.Started)
}

func fileOf(t record.Tree, path string) *record.File {
	at, ok := slices.BinarySearchFunc(t, path, func(f record.File, p string) int { return strings.Compare(f.Path, p) })
	if !ok {
		return nil
	}
	return &t[at]
}
