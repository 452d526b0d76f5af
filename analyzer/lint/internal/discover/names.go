package discover

import (
	"slices"
	"strings"
)

// Names are the names that are looked for in folders, as globs. BuildKit takes a
// Dockerfile in lower case too.
func Names() []string {
	return []string{"Dockerfile", "Dockerfile.*", "*.Dockerfile", "*.dockerfile", "dockerfile", "Containerfile", "Containerfile.*"}
}

// notDockerfiles are endings of files that are named after a Dockerfile and are
// none: ignore files, backups of editors and merges, notes, and templates that a
// Dockerfile is made from.
var notDockerfiles = []string{
	".dockerignore", ".containerignore",
	"~", ".bak", ".orig", ".rej", ".swo", ".swp", ".swx",
	".md", ".rst",
	".ejs", ".erb", ".gotmpl", ".hbs", ".in", ".j2", ".jinja", ".jinja2", ".m4", ".mustache", ".template", ".tmpl", ".tpl",
}

// wanted says that a file of this name is taken for a Dockerfile.
func wanted(name string) bool {
	for _, end := range notDockerfiles {
		if strings.HasSuffix(name, end) {
			return false
		}
	}
	if strings.HasPrefix(name, ".#") { // an editor's lock
		return false
	}
	return slices.ContainsFunc(Names(), func(glob string) bool {
		before, after, star := strings.Cut(glob, "*")
		if !star {
			return name == glob
		}
		return len(name) > len(before)+len(after) && strings.HasPrefix(name, before) && strings.HasSuffix(name, after)
	})
}

// skipped says that no Dockerfile of a project is in a folder of this name.
func skipped(folder string) bool {
	switch folder {
	case ".git", ".hg", ".svn", "node_modules":
		return true
	}
	return false
}
