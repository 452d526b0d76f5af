package solve

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/moby/patternmatcher"
	"github.com/opencontainers/go-digest"
	"github.com/tonistiigi/fsutil"
	fstypes "github.com/tonistiigi/fsutil/types"
)

// added is what an edited file has more than the one on the disk. It changes
// nothing in a Dockerfile, nor in a .dockerignore.
const added = "\n"

// Edited returns the source as if the content of some files were another one;
// nothing is written. A path is relative to the context, or absolute, or NAME/PATH for
// a file of the named context NAME that the context itself does not have. It may lead
// through symbolic links, as an editor would follow them, to a file of the context or
// of a named one, or to the Dockerfile. An error names the path that leads to none.
func (s Source) Edited(paths []string) (Source, error) {
	if len(paths) == 0 {
		return s, nil
	}
	if s.Remote || s.Context == "" {
		return s, fmt.Errorf("edit %s: the build context is not a folder", paths[0])
	}
	edits := maps.Clone(s.edits)
	if edits == nil {
		edits = map[string]string{}
	}
	for _, p := range paths {
		at, err := s.fileToEdit(p)
		if err != nil {
			return s, fmt.Errorf("edit %s: %w", p, err)
		}
		edits[at] = p
	}
	s.edits = edits
	return s, nil
}

// fileToEdit finds the file that a path means, by the path that it really has.
func (s Source) fileToEdit(p string) (string, error) {
	at := filepath.FromSlash(p)
	if !filepath.IsAbs(at) {
		at = filepath.Join(s.Context, at)
		if name, rest, ok := strings.Cut(path.Clean(filepath.ToSlash(p)), "/"); ok && !exists(at) && s.Named[name] != "" && s.Folder(name) != "" {
			at = filepath.Join(s.Folder(name), filepath.FromSlash(rest))
		}
	}
	resolved, err := filepath.EvalSymlinks(at)
	switch info, statErr := os.Lstat(at); {
	case errors.Is(err, fs.ErrNotExist) && statErr == nil && info.Mode()&fs.ModeSymlink != 0:
		target, _ := os.Readlink(at)
		return "", fmt.Errorf("it is a symbolic link to %s, which is not there", target)
	case errors.Is(err, fs.ErrNotExist):
		return "", errors.New("there is no such file; its path is relative to the build context")
	case err != nil:
		return "", err
	}
	if resolved, err = filepath.Abs(resolved); err != nil {
		return "", err
	}
	if !s.reads(resolved) {
		if resolved != filepath.Clean(at) {
			return "", fmt.Errorf("it leads out of the build context, to %s", resolved)
		}
		return "", errors.New("it lies outside of the build context; name a file by its path in there")
	}
	info, err := os.Lstat(resolved)
	switch {
	case err != nil:
		return "", err
	case info.IsDir():
		return "", errors.New("it is a folder; name a file in it")
	case !info.Mode().IsRegular():
		return "", errors.New("it is not a regular file")
	}
	return resolved, nil
}

// reads says that a file lies in a folder that the build may read, or is what it
// reads as its Dockerfile or ignore file.
func (s Source) reads(file string) bool {
	folders := []string{s.Context}
	for name := range s.Named {
		folders = append(folders, s.Folder(name))
	}
	if slices.ContainsFunc(folders, func(folder string) bool { _, ok := below(folder, file); return ok }) {
		return true
	}
	return s.isInstructions(file)
}

// isInstructions says that a file is the Dockerfile or its own ignore file.
func (s Source) isInstructions(file string) bool {
	for _, name := range []string{s.Path(), s.Path() + ".dockerignore", filepath.Join(s.Context, ".dockerignore")} {
		if real, err := filepath.EvalSymlinks(name); err == nil && s.dir != "" && real == file {
			return true
		}
	}
	return false
}

// below returns the slash path of a file in a folder, if it lies there.
func below(folder, file string) (string, bool) {
	if folder == "" {
		return "", false
	}
	real, err := filepath.EvalSymlinks(folder)
	if err == nil {
		real, err = filepath.Abs(real)
	}
	if err != nil {
		return "", false
	}
	rel, err := filepath.Rel(real, file)
	return filepath.ToSlash(rel), err == nil && filepath.IsLocal(rel)
}

// editsBelow are the edits of files in a folder, by their path in it.
func (s Source) editsBelow(folder string) map[string]bool {
	edits := map[string]bool{}
	for file := range s.edits {
		if rel, ok := below(folder, file); ok {
			edits[rel] = true
		}
	}
	return edits
}

// editedFS shows some files of a file system with another content.
type editedFS struct {
	fsutil.FS
	edits map[string]bool // by slash path
	// later is added to their times, another one each time: an engine that has one
	// such content, or gets the real one afterwards, must see that it differs.
	later time.Duration
}

func newEditedFS(f fsutil.FS, edits map[string]bool) fsutil.FS {
	if len(edits) == 0 {
		return f
	}
	return editedFS{FS: f, edits: edits, later: 1 + rand.N(time.Second-1)}
}

func (f editedFS) Walk(ctx context.Context, target string, fn fs.WalkDirFunc) error {
	return f.FS.Walk(ctx, target, func(name string, entry fs.DirEntry, err error) error {
		if entry != nil && !entry.IsDir() {
			entry = editedEntry{entry, f, filepath.ToSlash(name)}
		}
		return fn(name, entry, err)
	})
}

func (f editedFS) Open(name string) (io.ReadCloser, error) {
	file, err := f.FS.Open(name)
	if err != nil || !f.edits[path.Clean(filepath.ToSlash(name))] {
		return file, err
	}
	return struct {
		io.Reader
		io.Closer
	}{io.MultiReader(file, bytes.NewReader([]byte(added))), file}, nil
}

type editedEntry struct {
	fs.DirEntry
	in   editedFS
	name string
}

func (e editedEntry) Info() (fs.FileInfo, error) {
	info, err := e.DirEntry.Info()
	if err != nil {
		return nil, err
	}
	stat, ok := info.Sys().(*fstypes.Stat)
	if !ok || !info.Mode().IsRegular() {
		return info, nil
	}
	stat = stat.Clone()
	if stat.Linkname != "" && (e.in.edits[e.name] || e.in.edits[filepath.ToSlash(stat.Linkname)]) {
		stat.Linkname = "" // a hard link, of which the other end differs now
	}
	if e.in.edits[e.name] {
		stat.Size += int64(len(added))
		stat.ModTime += e.in.later.Nanoseconds()
	}
	return &fsutil.StatInfo{Stat: stat}, nil
}

// editTree gives the scanned files that are edited another digest, and returns
// their paths.
func editTree(tree record.Tree, edits map[string]bool) (found []string) {
	for i := range tree {
		if f := &tree[i]; edits[f.Path] {
			found = append(found, f.Path)
			f.Size += int64(len(added))
			f.Digest = edited(f.Digest)
		}
	}
	return found
}

// edited is a checksum that no file has.
func edited(sum string) string { return string(digest.FromString("edited " + sum)) }

// takesAny says that selectors pick one of some files of a tree.
func takesAny(tree record.Tree, selectors []record.Selector, paths []string) bool {
	return len(paths) > 0 && slices.ContainsFunc(record.Select(tree, selectors), func(f record.File) bool {
		return slices.Contains(paths, f.Path)
	})
}

// idleEdits says of each edit why it changes nothing, where that is so before any
// step is looked at: the ignore file leaves it out, or the build takes no part of it.
func (r *run) idleEdits(rec *record.Record) []string {
	var warnings []string
	excluded := sources(r.plan)
	for _, file := range slices.Sorted(maps.Keys(r.Source.edits)) {
		taken, ignored := false, false
		for name, tree := range rec.Trees {
			rel, ok := below(r.Source.Folder(name), file)
			if !ok {
				continue
			}
			taken = taken || slices.ContainsFunc(tree, func(f record.File) bool { return f.Path == rel })
			if patterns, err := patternmatcher.New(excluded[name].Exclude); err == nil { // else the frontend and the scan say so
				out, err := patterns.MatchesOrParentMatches(filepath.FromSlash(rel))
				ignored = ignored || err == nil && out
			}
		}
		name := r.Source.edits[file]
		switch {
		case taken:
		case ignored:
			warnings = append(warnings, fmt.Sprintf("the ignore file leaves out %s, so that its edit changes nothing", name))
		case r.Source.isInstructions(file):
			warnings = append(warnings, fmt.Sprintf("an edit stands for an empty line at the end of %s, which changes no instruction, and no step copies the file", name))
		default:
			warnings = append(warnings, fmt.Sprintf("no step takes %s, so that its edit changes nothing", name))
		}
	}
	return warnings
}
