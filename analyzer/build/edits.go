package build

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
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

// Edited returns the source as if the content of some files of the context were
// another one; nothing is written. Paths are relative to the context. An error
// names the path that is not a file in it.
func (s Source) Edited(paths []string) (Source, error) {
	if len(paths) == 0 {
		return s, nil
	}
	if s.Remote || s.Context == "" {
		return s, fmt.Errorf("edit %s: the build context is not a folder", paths[0])
	}
	root, err := os.OpenRoot(s.Context)
	if err != nil {
		return s, fmt.Errorf("edit %s: %w", paths[0], err)
	}
	defer root.Close()
	edits := maps.Clone(s.edits)
	if edits == nil {
		edits = map[string]bool{}
	}
	for _, p := range paths {
		name := path.Clean(filepath.ToSlash(p))
		if !filepath.IsLocal(filepath.FromSlash(name)) {
			return s, fmt.Errorf("edit %s: name a file by its path in the build context", p)
		}
		info, err := root.Lstat(filepath.FromSlash(name))
		switch {
		case err != nil:
			return s, fmt.Errorf("edit %s: %w", p, err)
		case info.IsDir():
			return s, fmt.Errorf("edit %s: it is a folder; name a file in it", p)
		case !info.Mode().IsRegular():
			return s, fmt.Errorf("edit %s: it is not a regular file", p)
		}
		edits[name] = true
	}
	s.edits = edits
	return s, nil
}

// editsBelow are the edits of files in a folder, by their path in it.
func (s Source) editsBelow(folder string) map[string]bool {
	below := map[string]bool{}
	folder, err := filepath.Abs(folder)
	if err != nil {
		return below
	}
	for name := range s.edits {
		at := filepath.Join(s.Context, filepath.FromSlash(name))
		if rel, err := filepath.Rel(folder, at); err == nil && filepath.IsLocal(rel) {
			below[filepath.ToSlash(rel)] = true
		}
	}
	return below
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

// editTree gives the scanned files that are edited another digest, and says
// whether there are any.
func editTree(tree record.Tree, edits map[string]bool) (found bool) {
	for i := range tree {
		if f := &tree[i]; edits[f.Path] {
			found = true
			f.Size += int64(len(added))
			f.Digest = string(digest.FromString("edited " + f.Digest))
		}
	}
	return found
}

// ignoredEdits says of each edit of the context that a .dockerignore leaves out.
func (r *run) ignoredEdits() []string {
	ignored, err := patternmatcher.New(sources(r.plan)["context"].Exclude)
	if err != nil { // the frontend and the scan say so
		return nil
	}
	var warnings []string
	for _, name := range slices.Sorted(maps.Keys(r.Source.edits)) {
		if ok, err := ignored.MatchesOrParentMatches(filepath.FromSlash(name)); err == nil && ok {
			warnings = append(warnings, fmt.Sprintf("the ignore file leaves out %s, so that its edit changes nothing", name))
		}
	}
	return warnings
}
