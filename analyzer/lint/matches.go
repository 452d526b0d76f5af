package lint

import (
	"strings"

	"github.com/layerwise/layerwise/analyzer/internal/pathmatch"
)

// Matches are the entries that a COPY, an ADD or a mount takes from the context,
// sorted by path, folders with all that is below them. --exclude is obeyed.
func (c *Context) Matches(src Source) []File {
	if src.Kind != SourceContext {
		return nil
	}
	files, _ := c.Files()
	exclude := pathmatch.Compile(src.Excludes)
	var parents pathmatch.Patterns
	if src.Parents {
		parents = pathmatch.Compile(src.Paths)
	}
	var found []File
	for _, f := range files {
		if (takes(src, f.Path) || parents.Match(f.Path)) && !exclude.Match(f.Path) {
			found = append(found, f)
		}
	}
	return found
}

// takes says that a source names a path or a folder above it.
func takes(src Source, name string) bool {
	for _, p := range src.Paths {
		if p == "." || name == p || strings.HasPrefix(name, p+"/") {
			return true
		}
		if !src.Mount && strings.ContainsAny(p, `*?[\`) {
			if _, ok := pathmatch.Leading(p, name); ok {
				return true
			}
		}
	}
	return false
}
