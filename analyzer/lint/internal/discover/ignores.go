package discover

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/layerwise/layerwise/analyzer/inputfile"
	"github.com/layerwise/layerwise/analyzer/lint/internal/discover/gitignore"
)

// maxIgnoreFile bounds an ignore file, in bytes.
const maxIgnoreFile = 1 << 20

// ignores are the patterns that count in a folder. The levels of a value are not
// changed after it was passed on.
type ignores struct {
	prefix string  // the folder, from the top of the patterns' tree, with slashes
	levels []level // from the top down
}

type level struct {
	folder   string // that the patterns are relative to, like prefix
	patterns *gitignore.Patterns
}

// with adds the .gitignore of a folder.
func (i ignores) with(s *search, place, folder string) ignores {
	i.levels = s.read(i.levels, filepath.Join(place, ".gitignore"), folder)
	return i
}

// ignore says that git ignores a path. The file that is nearest to it decides.
func (i ignores) ignore(path string, folder bool) bool {
	for _, l := range slices.Backward(i.levels) {
		rel := path
		if l.folder != "" {
			rel = path[len(l.folder)+1:]
		}
		if v := l.patterns.Match(rel, folder); v != gitignore.Silent {
			return v == gitignore.Ignored
		}
	}
	return false
}

// read adds the patterns of a file where there is one. As with git, a link is
// none.
func (s *search) read(levels []level, file, folder string) []level {
	info, err := os.Lstat(file)
	if err != nil || !info.Mode().IsRegular() {
		return levels
	}
	data, err := readBounded(file, maxIgnoreFile)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			s.problem(file, err)
		}
		return levels
	}
	return append(levels[:len(levels):len(levels)], level{folder, gitignore.Parse(data)})
}

func readBounded(name string, most int64) ([]byte, error) {
	data, err := inputfile.Read(name, most)
	var large *inputfile.TooLargeError
	var special *inputfile.NotRegularError
	switch {
	case errors.As(err, &large):
		return nil, fmt.Errorf("it is larger than %d bytes", most)
	case errors.As(err, &special):
		return nil, fmt.Errorf("it is no regular file: it is %s", special.Kind)
	}
	return data, err
}

// Repository returns the nearest folder from dir upwards that has a .git, "" where
// none has. The path has to be absolute.
func Repository(dir string) string {
	for {
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return ""
		}
		dir = parent
	}
}

// exclude are the rules of a repository that are in no .gitignore.
func (s *search) exclude(top string) ignores {
	var rules ignores
	if dir := gitDir(top); dir != "" {
		rules.levels = s.read(nil, filepath.Join(dir, "info", "exclude"), "")
	}
	return rules
}

// gitDir is where git keeps what the worktrees of a repository share. Of a
// worktree and of a submodule, .git is a file that names a folder.
func gitDir(top string) string {
	dir := filepath.Join(top, ".git")
	if info, err := os.Stat(dir); err != nil || info.IsDir() {
		return dir
	}
	to, ok := bytes.CutPrefix(firstLine(dir), []byte("gitdir: "))
	if !ok {
		return ""
	}
	dir = inFolder(top, string(to))
	if common := firstLine(filepath.Join(dir, "commondir")); len(common) > 0 {
		dir = inFolder(dir, string(common))
	}
	return dir
}

func inFolder(folder, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(folder, name)
}

// firstLine is that of a small regular file, empty where there is none.
func firstLine(name string) []byte {
	const most = 4096
	data, err := inputfile.Read(name, most)
	if err != nil {
		return nil
	}
	line, _, _ := strings.Cut(string(data), "\n")
	return bytes.TrimRight([]byte(line), "\r ")
}
