package discover

import (
	"path"
	"path/filepath"
	"strings"
)

// Ignored reports whether git ignores a path, which has slashes and is relative to a
// folder. It need not exist; what is ignored as a folder counts, too. Where the folder
// is in no repository, the ignore files in it are what there is.
func Ignored(folder, name string) bool {
	real, err := realPath(folder)
	if err != nil {
		return false
	}
	s := &search{}
	top, at := real, ""
	var rules ignores
	if repository := Repository(real); repository != "" {
		top, rules = repository, s.exclude(repository)
		if at, err = filepath.Rel(repository, real); err != nil {
			return false
		}
	}
	all := path.Join(filepath.ToSlash(at), name)
	for i, part := range strings.Split(all, "/") {
		dir := path.Join(strings.Split(all, "/")[:i]...)
		rules = rules.with(s, filepath.Join(top, filepath.FromSlash(dir)), dir)
		if at := path.Join(dir, part); rules.ignore(at, false) || rules.ignore(at, true) {
			return true
		}
	}
	return false
}
