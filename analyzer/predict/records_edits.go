package predict

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/layerwise/layerwise/analyzer/build"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/opencontainers/go-digest"
)

// pretend makes a plan the one of a context in which the content of some files is
// another one, which no build has seen. The paths are those of
// build.Source.Edited, which says what is wrong with them.
func pretend(rec *record.Record, src build.Source, edits []string) error {
	if _, err := src.Edited(edits); err != nil {
		return err
	}
	changed := map[string][]string{} // paths by tree
	for _, edit := range edits {
		found := false
		for name, tree := range rec.Trees {
			rel, err := filepath.Rel(src.Folder(name), filepath.Join(src.Context, filepath.FromSlash(edit)))
			if err != nil {
				continue
			}
			path := filepath.ToSlash(rel)
			at, ok := slices.BinarySearchFunc(tree, path, func(f record.File, p string) int { return strings.Compare(f.Path, p) })
			if ok {
				found = true
				changed[name] = append(changed[name], path)
				tree[at].Digest = edited(tree[at].Digest)
			}
		}
		if !found {
			rec.Warnings = append(rec.Warnings, fmt.Sprintf("no step takes %s, or the ignore file leaves it out, so that its edit changes nothing", edit))
		}
	}
	for i := range rec.Steps {
		for j := range rec.Steps[i].Vertices {
			for k := range rec.Steps[i].Vertices[j].Inputs {
				in := &rec.Steps[i].Vertices[j].Inputs[k]
				if in.Hashed && in.Content != "" && takesAny(rec.Trees[in.Tree], in.Selectors, changed[in.Tree]) {
					in.Content = edited(in.Content)
				}
			}
		}
	}
	return nil
}

func takesAny(tree record.Tree, selectors []record.Selector, paths []string) bool {
	return len(paths) > 0 && slices.ContainsFunc(record.Select(tree, selectors), func(f record.File) bool {
		return slices.Contains(paths, f.Path)
	})
}

// edited is a checksum that no file has.
func edited(sum string) string { return string(digest.FromString("edited " + sum)) }
