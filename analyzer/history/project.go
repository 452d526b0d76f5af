package history

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/layerwise/layerwise/analyzer/record"
)

// Identify returns the identity of a build of a local context. Two ways to
// name the same folder, file and platforms give the same project: the context
// is absolute with its symbolic links resolved, the Dockerfile relative to it
// where it lies below, and the platforms are sorted. dockerfile is a path as
// the shell means it, or "-" for standard input.
func Identify(context, dockerfile, target string, platforms []string) (record.Project, error) {
	folder, err := resolve(context)
	if err != nil {
		return record.Project{}, fmt.Errorf("cannot find the build context: %w", err)
	}
	if dockerfile != "-" {
		// Its folder only: a link with another name is another Dockerfile.
		dir, err := resolve(filepath.Dir(dockerfile))
		if err != nil {
			return record.Project{}, fmt.Errorf("cannot find the Dockerfile: %w", err)
		}
		dockerfile = filepath.Join(dir, filepath.Base(dockerfile))
		if rel, err := filepath.Rel(folder, dockerfile); err == nil && filepath.IsLocal(rel) {
			dockerfile = filepath.ToSlash(rel)
		}
	}
	return record.Project{Context: folder, Dockerfile: dockerfile, Target: target, Platforms: sorted(platforms)}, nil
}

func resolve(folder string) (string, error) {
	abs, err := filepath.Abs(folder)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(abs)
}

func sorted(list []string) []string {
	list = append([]string{}, list...)
	slices.Sort(list)
	return slices.Compact(list)
}

// projectFolder returns the name of a project's folder: the last part of its
// context's name, for the reader, and a hash of all that identifies it.
func projectFolder(p record.Project) string {
	p.Platforms = sorted(p.Platforms)
	identity, err := json.Marshal(p)
	if err != nil {
		panic(err) // strings always encode
	}
	sum := sha256.Sum256(identity)
	return readable(p.Context) + "-" + hex.EncodeToString(sum[:6])
}

// readable returns the part of a folder's name or a URL that people know it
// by, in characters that are safe on every system.
func readable(context string) string {
	name := path.Base(strings.TrimRight(filepath.ToSlash(context), "/"))
	name = strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '.', c == '_', c == '-':
			return c
		}
		return '-'
	}, name)
	name = strings.Trim(name, ".-")
	name = name[:min(len(name), 40)]
	if name == "" {
		return "context"
	}
	return name
}
