package solve

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/layerwise/layerwise/analyzer/internal/absent"
	"github.com/layerwise/layerwise/analyzer/plan"
	"github.com/layerwise/layerwise/analyzer/record"
)

// missingFiles says which files that steps take from a local source are not there:
// what is there under another name, or which pattern leaves it out.
func (r *run) missingFiles(rec *record.Record) []string {
	var notes []string
	i := 0
	for _, b := range r.plan.Builds {
		for _, s := range b.Steps {
			out := &rec.Steps[i]
			i++
			if s.Unused {
				continue
			}
			for j, v := range s.Vertices {
				for k, in := range v.Inputs {
					tree, ok := rec.Trees[in.LocalName()]
					if !ok || in.LocalName() == "" {
						continue
					}
					for _, selector := range out.Vertices[j].Inputs[k].Selectors {
						if hasFile(tree, selector) {
							continue
						}
						note := fmt.Sprintf("line %d: %s", s.Line, r.whereIs(in, selector))
						if !slices.Contains(notes, note) { // of another platform
							notes = append(notes, note)
						}
					}
				}
			}
		}
	}
	return notes
}

// hasFile says that a selector picks anything.
func hasFile(tree record.Tree, s record.Selector) bool {
	name := strings.TrimPrefix(path.Clean("/"+s.Path), "/")
	if name == "" && len(s.Include) == 0 {
		return true // all that there is
	}
	if !s.Wildcard && len(s.Include) == 0 {
		if _, found := slices.BinarySearchFunc(tree, name, func(f record.File, name string) int { return strings.Compare(f.Path, name) }); found {
			return true
		}
		s.Exclude = nil // what is left out of a folder leaves the folder
	}
	return len(record.Select(tree, []record.Selector{s})) > 0
}

// whereIs says what became of a file that a step takes and that was not sent.
func (r *run) whereIs(source *plan.Vertex, s record.Selector) string {
	where := "the build context"
	if name := source.LocalName(); name != "context" {
		where += " " + name
	}
	name := strings.TrimPrefix(path.Clean("/"+s.Path), "/")
	if s.Wildcard || len(s.Include) > 0 {
		if name == "" {
			name = strings.Join(s.Include, " ")
		}
		return fmt.Sprintf("%s matches no file in %s", name, where)
	}
	root, err := os.OpenRoot(r.Source.Folder(source.LocalName()))
	if err != nil {
		return fmt.Sprintf("no such file in %s: %s", where, name)
	}
	defer root.Close()
	if _, err := root.Lstat(filepath.FromSlash(name)); err == nil {
		if pattern := absent.ExcludedBy(ScanOptions(source.Op.GetSource()).Exclude, name); pattern != "" {
			return fmt.Sprintf("%s is left out of %s by %s (pattern %s)", name, where, r.ignoreFile(source.LocalName()), pattern)
		}
	}
	note := fmt.Sprintf("no such file in %s: %s", where, name)
	if like := absent.SimilarFile(root.FS(), name); like != "" {
		note += "; there is " + like
	}
	return note
}

// ignoreFile is the file that a local source's patterns are from.
func (r *run) ignoreFile(source string) string {
	own := r.Source.base + ".dockerignore"
	if source == "context" && r.Source.dir != "" && exists(filepath.Join(r.Source.dir, own)) {
		return own
	}
	return ".dockerignore"
}
