package lint

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/layerwise/layerwise/analyzer/buildcontext"
	"github.com/layerwise/layerwise/analyzer/inputfile"
	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

// Context is the build context of a Dockerfile: names and types of what a build
// would send. Contents are read only on request, and nothing outside of the root
// is. Nothing is read before it is asked for. Like a Subject, it is used by one
// goroutine at a time.
type Context struct {
	root       string
	dockerfile string // its path, "" where it has none
	guessed    bool   // it lacks files that the Dockerfile copies, and nobody has named it

	ignore *ignoreFile // nil until it is read
	tree   *tree       // nil until it is listed
	shared *listings   // where it is looked up first; nil for a context on its own

	overlay func(name string) (text []byte, found bool) // nil for what is on the disk
}

// File is one entry of a context, by its path in it.
type File = buildcontext.Name

// ignoreFile is the ignore file that counts.
type ignoreFile struct {
	path     string // relative to the context, with slashes
	data     []byte // nil where there is none
	patterns []string
	matcher  *patternmatcher.PatternMatcher // nil where nothing is ignored
	err      error                          // why BuildKit cannot read it
}

// dockerignore is the name of an ignore file, and the ending of one that belongs
// to a Dockerfile.
const dockerignore = ".dockerignore"

// maxIgnoreFile is the most that BuildKit's frontend reads of an ignore file.
const maxIgnoreFile = 16 << 20

// OpenContext returns the context in a folder, for the Dockerfile at a path, which
// may have an ignore file of its own beside it.
func OpenContext(root, dockerfile string) *Context {
	return &Context{root: filepath.Clean(root), dockerfile: dockerfile}
}

// Root is the folder.
func (c *Context) Root() string { return c.root }

// Name is what findings and edits call a file of the context: its path, with
// slashes, from where the root's own path starts.
func (c *Context) Name(path string) string {
	return filepath.ToSlash(filepath.Join(c.root, filepath.FromSlash(path)))
}

// Ignore returns the ignore file that counts, relative to the root, with its
// patterns as BuildKit reads them. That is DOCKERFILE.dockerignore beside the
// Dockerfile, else .dockerignore in the context. Found is false where there is
// none; the path is then the one that a new file should have.
func (c *Context) Ignore() (path string, patterns []string, found bool) {
	f := c.readIgnore()
	return f.path, f.patterns, f.data != nil
}

func (c *Context) readIgnore() *ignoreFile {
	if c.ignore != nil {
		return c.ignore
	}
	c.ignore = &ignoreFile{path: dockerignore}
	if c.dockerfile != "" {
		own := c.dockerfile + dockerignore
		if data, err := c.readOwn(own); err == nil {
			c.ignore.path, c.ignore.data = own, data
			if rel, err := filepath.Rel(c.root, own); err == nil {
				c.ignore.path = filepath.ToSlash(rel)
			}
		}
	}
	if c.ignore.data == nil {
		c.ignore.data, _ = c.Read(dockerignore, maxIgnoreFile)
	}
	if c.ignore.data == nil {
		return c.ignore
	}
	c.ignore.parse()
	return c.ignore
}

// readOwn reads an ignore file that belongs to the Dockerfile; it may lie outside of
// the context.
func (c *Context) readOwn(path string) ([]byte, error) {
	if text, found := c.overlaid(filepath.ToSlash(filepath.Clean(path)), maxIgnoreFile); found {
		return text, nil
	}
	return readRegular(path, maxIgnoreFile)
}

func (f *ignoreFile) parse() {
	patterns, err := ignorefile.ReadAll(bytes.NewReader(f.data))
	if err == nil && len(patterns) > 0 {
		f.matcher, err = patternmatcher.New(patterns)
	}
	if err != nil {
		f.matcher, f.err = nil, fmt.Errorf("%s cannot be read: %w", f.path, err)
		return
	}
	f.patterns = patterns
}

// Ignored says that the ignore file leaves a path out, whether it exists or not.
func (c *Context) Ignored(path string) bool {
	m := c.readIgnore().matcher
	if m == nil || path == "." {
		return false
	}
	ignored, err := m.MatchesOrParentMatches(path)
	return err == nil && ignored
}

// Lookup finds an entry that the ignore file lets through. It does not follow a
// link at the end of the path.
func (c *Context) Lookup(path string) (File, bool) {
	if path = relative(path); c.Ignored(path) {
		return File{}, false
	}
	info, err := c.stat(path)
	if err != nil {
		return File{}, false
	}
	return File{Path: path, Type: info.Mode().Type()}, true
}

// Size is that of a regular file in bytes, 0 for others and for what has vanished.
// The file is one that the context returned.
func (c *Context) Size(f File) int64 {
	info, err := os.Lstat(filepath.Join(c.root, filepath.FromSlash(f.Path)))
	if err != nil || !info.Mode().IsRegular() {
		return 0
	}
	return info.Size()
}

func (c *Context) stat(path string) (fs.FileInfo, error) {
	root, err := os.OpenRoot(c.root)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return root.Lstat(filepath.FromSlash(path))
}

// Read returns the content of a regular file, at most limit bytes of it, whether
// the ignore file lets it through or not. Links are followed, but not out of the
// root.
func (c *Context) Read(path string, limit int) ([]byte, error) {
	if text, found := c.overlaid(c.Name(relative(path)), limit); found {
		return text, nil
	}
	root, err := os.OpenRoot(c.root)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	name := filepath.FromSlash(relative(path))
	info, err := root.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, notRegular(name)
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readLimited(f, limit)
}

// readRegular reads a regular file, at most limit bytes of it.
func readRegular(name string, limit int) ([]byte, error) {
	f, err := inputfile.Open(name)
	var special *inputfile.NotRegularError
	switch {
	case errors.As(err, &special):
		return nil, notRegular(name)
	case err != nil:
		return nil, err
	}
	defer f.Close()
	return readLimited(f, limit)
}

func readLimited(r io.Reader, limit int) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, int64(limit)))
	if data == nil {
		data = []byte{}
	}
	return data, err
}

func notRegular(name string) error { return fmt.Errorf("read %s: it is not a regular file", name) }

// Files are all entries that the ignore file lets through, sorted by path.
// Complete is false where the context is too big to be listed as a whole: then
// they are only a part. They must not be changed.
func (c *Context) Files() (files []File, complete bool) {
	switch {
	case c.tree != nil:
	case c.shared != nil:
		c.tree = c.shared.list(c)
	default:
		c.tree = listFiles(c.root, c.readIgnore())
	}
	return c.tree.files, c.tree.complete
}
