// Package discover finds the Dockerfiles in folders, as git sees them: what
// .gitignore files and .git/info/exclude ignore is left out.
//
// # Design
//
// A path that names a file is taken as it is, whatever its name, and a folder that
// is named is searched even where it is ignored itself. Git's index is not read:
// a file that is tracked and ignored all the same has to be named.
//
// Links to folders are not followed, so that nothing is found twice and no loop
// exists. A link to a file is taken where the file is inside of the repository,
// or of the searched folder where there is none, and was not found by itself.
package discover

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Result is what a search found.
type Result struct {
	// Files are in the order of the paths given, those of one folder sorted; none is
	// there twice.
	Files []File
	// Problems are folders and ignore files that could not be read.
	Problems []Problem
}

// File is one Dockerfile.
type File struct {
	// Path is named as its folder was: with slashes, from the current folder on where
	// that was given so.
	Path  string
	Given bool // was named itself, not found in a folder
}

// Problem is a place that the search could not look into.
type Problem struct {
	Path string // like those of files
	Err  error
}

// NotFoundError says that folders have no Dockerfile.
type NotFoundError struct {
	Paths []string // as given
}

// Error says what was looked for.
func (e *NotFoundError) Error() string {
	return fmt.Sprintf("no Dockerfile found in %s: looked for %s that git does not ignore; a file of another name has to be named",
		strings.Join(e.Paths, ", "), strings.Join(Names(), ", "))
}

// Find returns the Dockerfiles that paths stand for: a file for itself, a folder
// for those in it and below. A path that does not exist is an error, as is finding
// nothing at all (*NotFoundError).
func Find(ctx context.Context, paths []string) (*Result, error) {
	s := &search{ctx: ctx, taken: map[string]bool{}}
	for _, p := range paths {
		if err := s.path(p); err != nil {
			return nil, err
		}
	}
	if len(s.Files) == 0 && len(s.Problems) == 0 {
		return nil, &NotFoundError{Paths: paths}
	}
	return &s.Result, nil
}

type search struct {
	Result
	ctx   context.Context
	taken map[string]bool // the real places of Files
	name  string          // of the folder that is searched, as given
	real  string          // the same without links
}

func (s *search) path(name string) error {
	info, err := os.Stat(name)
	if err != nil {
		var pe *fs.PathError
		if errors.As(err, &pe) {
			err = pe.Err
		}
		return fmt.Errorf("cannot lint %s: %w", name, err)
	}
	if info.IsDir() {
		return s.folder(name)
	}
	real, err := realPath(filepath.Dir(name))
	if err != nil {
		return fmt.Errorf("cannot lint %s: %w", name, err)
	}
	s.take(filepath.Clean(name), filepath.Join(real, filepath.Base(name)), true)
	return nil
}

// take adds a file by its name, unless its real place is there already.
func (s *search) take(name, real string, given bool) {
	if !s.taken[real] {
		s.taken[real] = true
		s.Files = append(s.Files, File{Path: filepath.ToSlash(name), Given: given})
	}
}

// problem notes what is wrong with a real place, under the name that it has for
// who gave the folder.
func (s *search) problem(place string, err error) {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	if rel, relErr := filepath.Rel(s.real, place); relErr == nil && filepath.IsLocal(rel) {
		place = filepath.Join(s.name, rel)
	}
	s.Problems = append(s.Problems, Problem{Path: filepath.ToSlash(place), Err: err})
}

// realPath is an absolute path without links.
func realPath(name string) (string, error) {
	abs, err := filepath.Abs(name)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(abs)
}

// folder searches a folder that was named.
func (s *search) folder(name string) error {
	real, err := realPath(name)
	if err != nil {
		return fmt.Errorf("cannot search %s: %w", name, err)
	}
	s.name, s.real = filepath.Clean(name), real
	w := &walk{search: s, top: real}
	var rules ignores
	if top := Repository(real); top != "" {
		w.top = top
		rules = s.exclude(top)
		if rel, err := filepath.Rel(top, real); err == nil && rel != "." {
			rules = s.above(rules, top, filepath.ToSlash(rel))
		}
	}
	before := len(s.Files)
	if err := w.dir("", rules); err != nil {
		return err
	}
	for _, l := range w.links {
		s.take(l.name, l.target, false)
	}
	slices.SortFunc(s.Files[before:], func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return nil
}

// above adds the rules of the folders from top down to the one before rel. Where
// they ignore rel, it is searched all the same, without them.
func (s *search) above(rules ignores, top, rel string) ignores {
	for at := ""; ; {
		rules = rules.with(s, filepath.Join(top, filepath.FromSlash(at)), at)
		next, _, more := strings.Cut(strings.TrimPrefix(rel[len(at):], "/"), "/")
		at = path.Join(at, next)
		if rules.ignore(at, true) {
			return ignores{prefix: rel}
		}
		if !more {
			rules.prefix = rel
			return rules
		}
	}
}

// walk goes through one folder that was named.
type walk struct {
	*search
	top   string // links may not lead out of it
	links []link
}

type link struct{ name, target string }

// dir searches a folder below the one that was named; rel has slashes.
func (w *walk) dir(rel string, rules ignores) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	here := filepath.Join(w.real, filepath.FromSlash(rel))
	name := filepath.Join(w.name, filepath.FromSlash(rel))
	entries, err := os.ReadDir(here)
	if err != nil {
		w.problem(here, err)
		return nil
	}
	if rel != "" && slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == ".git" }) {
		rules = w.exclude(here) // a repository inside of another has rules of its own
	}
	rules = rules.with(w.search, here, rules.prefix)
	for _, e := range entries {
		inRules := path.Join(rules.prefix, e.Name())
		switch {
		case e.IsDir():
			if skipped(e.Name()) || rules.ignore(inRules, true) {
				continue
			}
			below := rules
			below.prefix = inRules
			if err := w.dir(path.Join(rel, e.Name()), below); err != nil {
				return err
			}
		case !wanted(e.Name()) || rules.ignore(inRules, false):
		case e.Type().IsRegular():
			w.take(filepath.Join(name, e.Name()), filepath.Join(here, e.Name()), false)
		case e.Type() == fs.ModeSymlink:
			w.link(filepath.Join(name, e.Name()), filepath.Join(here, e.Name()))
		}
	}
	return nil
}

// link notes a link to a regular file inside of the top folder.
func (w *walk) link(name, place string) {
	target, err := filepath.EvalSymlinks(place)
	if err != nil {
		return // leads nowhere
	}
	rel, err := filepath.Rel(w.top, target)
	if err != nil || !filepath.IsLocal(rel) {
		return
	}
	if info, err := os.Stat(target); err == nil && info.Mode().IsRegular() {
		w.links = append(w.links, link{name, target})
	}
}
