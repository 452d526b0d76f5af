package solve

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/layerwise/layerwise/analyzer/buildcontext"
	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/inputfile"
	"github.com/moby/buildkit/frontend/dockerfile/dfgitutil"
	"github.com/moby/buildkit/util/gitutil"
	"github.com/tonistiigi/fsutil"
	fstypes "github.com/tonistiigi/fsutil/types"
)

// Source is what a build reads.
type Source struct {
	Context    string // absolute folder, or the URL of a remote context
	Remote     bool   // Context is a URL
	Dockerfile string // as reports name it: relative to the context where it lies below it, "-" for standard input
	// File is the Dockerfile; nil for a remote context without a local one.
	File *dockerfile.File
	// Named are the further build contexts by name, as given.
	Named map[string]string

	dir  string // the folder that Dockerfile lies in
	base string // its name there
	// edits are the files that are shown with another content, by the absolute path
	// that they really have, with the name that each was given; see Edited.
	edits map[string]string
}

// maxDockerfile bounds what is read as a Dockerfile; BuildKit's limit is lower.
const maxDockerfile = 16 << 20

// Open finds and reads the Dockerfile of a context. The context is a folder, a
// git or http URL, or "-" for an empty one with the Dockerfile on standard
// input; dockerfile is a path, "-" for standard input, or "" for the default.
func Open(contextArg, dockerfileArg string, stdin io.Reader) (Source, error) {
	s := Source{Context: contextArg}
	if contextArg == "-" {
		s.Context, dockerfileArg = "", "-"
	}
	if isRemote(contextArg) {
		s.Remote = true
		s.Dockerfile = dockerfileArg
		if dockerfileArg == "" {
			s.Dockerfile = "Dockerfile"
		}
		return s, nil
	}
	if s.Context != "" {
		if err := s.openContext(); err != nil {
			return s, err
		}
	}
	src, err := s.readDockerfile(dockerfileArg, stdin)
	if err != nil {
		return s, err
	}
	if err := s.checkIgnoreFiles(); err != nil {
		return s, err
	}
	s.File, err = dockerfile.Parse(s.Dockerfile, src)
	return s, err
}

// checkIgnoreFiles refuses ignore files that are no files: an engine would open
// the pipe that it is sent, and wait for ever.
func (s *Source) checkIgnoreFiles() error {
	check := func(folder, name string) error {
		root, err := os.OpenRoot(folder)
		if err != nil {
			return nil // there is none
		}
		defer root.Close()
		info, err := root.Stat(name)
		if err != nil || info.Mode().IsRegular() { // of a link that leads out, an engine finds nothing
			return nil
		}
		return fmt.Errorf("read the ignore file: %w", inputfile.NotRegular(filepath.Join(folder, name), info.Mode()))
	}
	const ignore = ".dockerignore"
	if s.Context != "" {
		if err := check(s.Context, ignore); err != nil {
			return err
		}
	}
	if s.dir != "" {
		return check(s.dir, s.base+ignore)
	}
	return nil
}

func isRemote(contextArg string) bool {
	if strings.HasPrefix(contextArg, "http://") || strings.HasPrefix(contextArg, "https://") {
		return true
	}
	if _, err := os.Stat(contextArg); err == nil {
		return false
	}
	_, isGit, err := dfgitutil.ParseGitRef(contextArg)
	return isGit && err == nil || gitutil.IsGitTransport(contextArg)
}

func (s *Source) openContext() error {
	abs, err := filepath.Abs(s.Context)
	if err != nil {
		return err
	}
	info, err := os.Stat(abs)
	if err != nil {
		return fmt.Errorf("build context: %w", err)
	}
	if !info.IsDir() {
		return fmt.Errorf("build context %s is not a folder; name the folder, and the Dockerfile with --file", s.Context)
	}
	s.Context = abs
	return nil
}

func (s *Source) readDockerfile(arg string, stdin io.Reader) ([]byte, error) {
	if arg == "-" {
		s.Dockerfile, s.base = "-", "Dockerfile"
		return readBounded("standard input", stdin)
	}
	path := arg
	if arg == "" {
		path = filepath.Join(s.Context, "Dockerfile")
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) { // as BuildKit does
			if lower := filepath.Join(s.Context, "dockerfile"); exists(lower) {
				path = lower
			}
		}
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	s.dir, s.base = filepath.Split(path)
	s.Dockerfile = path
	if rel, err := filepath.Rel(s.Context, path); err == nil && filepath.IsLocal(rel) {
		s.Dockerfile = filepath.ToSlash(rel)
	}
	f, err := inputfile.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read Dockerfile: %w", err)
	}
	defer f.Close()
	return readBounded(path, f)
}

func exists(path string) bool { _, err := os.Lstat(path); return err == nil }

func readBounded(name string, r io.Reader) ([]byte, error) {
	src, err := io.ReadAll(io.LimitReader(r, maxDockerfile+1))
	if err != nil {
		return nil, fmt.Errorf("read Dockerfile from %s: %w", name, err)
	}
	if len(src) > maxDockerfile {
		return nil, fmt.Errorf("read Dockerfile from %s: it is larger than %d MiB", name, maxDockerfile>>20)
	}
	return src, nil
}

// Mounts returns the local sources as the engine may ask for them: the context,
// the Dockerfile and the named contexts that are folders.
func (s Source) Mounts() (map[string]fsutil.FS, error) {
	mounts := map[string]fsutil.FS{}
	add := func(name, dir string) error {
		f, err := buildcontext.OpenFolder(dir)
		if err != nil {
			return fmt.Errorf("build context %s: %w", name, err)
		}
		mounts[name] = newEditedFS(f, s.editsBelow(dir))
		return nil
	}
	if !s.Remote {
		mounts["context"] = oneFile{}
		if s.Context != "" {
			if err := add("context", s.Context); err != nil {
				return nil, err
			}
		}
	}
	switch {
	case s.dir != "":
		if err := add("dockerfile", s.dir); err != nil {
			return nil, err
		}
	case s.File != nil:
		mounts["dockerfile"] = oneFile{name: s.base, data: s.File.Source}
	}
	for name := range s.Named {
		if dir := s.Folder(name); dir != "" {
			if err := add(name, dir); err != nil {
				return nil, err
			}
		}
	}
	return mounts, nil
}

// Path is where the Dockerfile lies, "" where it is not a file.
func (s Source) Path() string {
	if s.dir == "" {
		return ""
	}
	return filepath.Join(s.dir, s.base)
}

// Folder returns the folder behind a local source of the build, "" if it has
// none.
func (s Source) Folder(name string) string {
	if name == "context" && !s.Remote {
		return s.Context
	}
	at := s.Named[name]
	if info, err := os.Stat(at); err == nil && info.IsDir() {
		return at
	}
	return ""
}

// Folders are the named contexts that are folders, sorted.
func (s Source) Folders() []string {
	var names []string
	for name := range s.Named {
		if s.Folder(name) != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// oneFile is a file system of at most one file in memory.
type oneFile struct {
	name string // "" for none
	data []byte
}

func (f oneFile) Walk(_ context.Context, target string, fn fs.WalkDirFunc) error {
	if at := strings.Trim(target, "/"); f.name == "" || at != "" && at != f.name {
		return nil
	}
	info := &fsutil.StatInfo{Stat: &fstypes.Stat{Path: f.name, Mode: 0o644, Size: int64(len(f.data))}}
	return fn(f.name, &fsutil.DirEntryInfo{Stat: info.Stat}, nil)
}

func (f oneFile) Open(name string) (io.ReadCloser, error) {
	if f.name == "" || name != f.name {
		return nil, &os.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return io.NopCloser(bytes.NewReader(f.data)), nil
}
