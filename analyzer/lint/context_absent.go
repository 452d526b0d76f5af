package lint

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/layerwise/layerwise/analyzer/internal/absent"
	"github.com/layerwise/layerwise/analyzer/lint/internal/discover"
)

// Guessed says that nobody has named the context, and that it lacks some of the
// files that are copied from it: another folder may be meant.
func (c *Context) Guessed() bool { return c.guessed }

// Exists says that a path is there, whether the ignore file lets it through or not.
// Where that cannot be told, as of what a link out of the context leads to, it is.
func (c *Context) Exists(name string) bool {
	_, err := c.stat(relative(name))
	return err == nil || !errors.Is(err, fs.ErrNotExist)
}

// GitIgnores says that git is told to leave a path alone, so that something is
// likely to make it before a build.
func (c *Context) GitIgnores(name string) bool { return discover.Ignored(c.root, relative(name)) }

// Similar is a path that one which does not exist was likely meant to be, and that
// the ignore file lets through; "" for none.
func (c *Context) Similar(name string) string {
	root, err := os.OpenRoot(c.root)
	if err != nil {
		return ""
	}
	defer root.Close()
	like := absent.SimilarFile(root.FS(), relative(name))
	if c.Ignored(like) {
		return ""
	}
	return like
}

// LeftOut returns the pattern of the ignore file that leaves out a path with all
// that is below it, "" where something of it is let through, or may be once there
// is such a file.
func (c *Context) LeftOut(name string) string {
	if name = relative(name); !c.Ignored(name) {
		return ""
	}
	_, patterns, _ := c.Ignore()
	info, err := c.stat(name)
	if err != nil || !info.Mode().IsRegular() {
		for _, p := range patterns {
			if p, again := strings.CutPrefix(p, "!"); again && mayLieIn(filepath.ToSlash(p), name) {
				return ""
			}
		}
	}
	return absent.ExcludedBy(patterns, name)
}

// mayLieIn says that a pattern may match something below a folder.
func mayLieIn(pattern, folder string) bool {
	for {
		first, rest, more := strings.Cut(pattern, "/")
		top, below, deeper := strings.Cut(folder, "/")
		if first == "**" {
			return true
		}
		if ok, err := path.Match(first, top); err == nil && !ok {
			return false
		}
		if !more || !deeper {
			return true
		}
		pattern, folder = rest, below
	}
}

// Excepts says that the ignore file has patterns that let something through again.
func (c *Context) Excepts() bool {
	m := c.readIgnore().matcher
	return m != nil && m.Exclusions()
}
