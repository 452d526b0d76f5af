package fix

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/layerwise/layerwise/analyzer/internal/atomicfile"
)

// pattern is the name of a file that is not whole yet.
const pattern = ".layerwise-*.tmp"

// Changed is a file that fixes changed.
type Changed struct {
	Name string // as the edits call it
	Old  []byte
	New  []byte
	Made bool // did not exist before
}

// Changes are all files that fixes changed, sorted by name.
func (t *Tree) Changes() []Changed {
	var all []Changed
	for name, f := range t.files {
		if f.missing && len(f.now) > 0 || !f.missing && !bytes.Equal(f.old, f.now) {
			all = append(all, Changed{Name: name, Old: f.old, New: f.now, Made: f.missing})
		}
	}
	slices.SortFunc(all, func(a, b Changed) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// Write puts the new text in place of the old one, whole or not at all, and keeps
// the file's mode and owner. Links are followed inside of the folders given alone.
// A file that is not what it was when it was read is left as it is.
func (c *Changed) Write(roots ...string) error {
	if err := c.write(roots); err != nil {
		return fmt.Errorf("cannot fix %s: %w", c.Name, err)
	}
	return nil
}

func (c *Changed) write(roots []string) error {
	place, err := resolve(filepath.FromSlash(c.Name), c.Made, roots)
	if err != nil {
		return err
	}
	if c.Made {
		return create(place, c.New)
	}
	f, err := os.OpenFile(place, os.O_RDWR, 0) // says whether it may be changed
	if err != nil {
		return reason(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return reason(err)
	}
	if !info.Mode().IsRegular() {
		return errors.New("it is no regular file")
	}
	now, err := os.ReadFile(place)
	if err != nil {
		return reason(err)
	}
	if !bytes.Equal(now, c.Old) {
		return errors.New("it was changed since it was read")
	}
	temp, err := atomicfile.Create(place, pattern, 0o600)
	if err != nil {
		return reason(err)
	}
	if _, err = temp.Write(c.New); err == nil {
		err = errors.Join(keepOwner(temp.File, info), temp.Chmod(info.Mode()))
	}
	if err != nil {
		return errors.Join(reason(err), temp.Discard())
	}
	return reason(temp.Commit())
}

// create writes a file that must not be there.
func create(place string, data []byte) error {
	f, err := atomicfile.Create(place, pattern, 0o666)
	if err != nil {
		return reason(err)
	}
	if _, err := f.Write(data); err != nil {
		return errors.Join(reason(err), f.Discard())
	}
	return reason(f.CommitNew())
}

// resolve follows the links of a name, and refuses to leave the folders given.
func resolve(name string, missing bool, roots []string) (string, error) {
	abs, err := filepath.Abs(name)
	if err != nil {
		return "", err
	}
	var place string
	if missing { // a link that leads nowhere is no place for a file
		dir, err := filepath.EvalSymlinks(filepath.Dir(abs))
		if err != nil {
			return "", reason(err)
		}
		place = filepath.Join(dir, filepath.Base(abs))
	} else if place, err = filepath.EvalSymlinks(abs); err != nil {
		return "", reason(err)
	}
	for _, root := range roots {
		if root, err = filepath.Abs(root); err != nil {
			return "", err
		}
		if root, err = filepath.EvalSymlinks(root); err != nil {
			return "", reason(err)
		}
		if rel, err := filepath.Rel(root, place); err == nil && filepath.IsLocal(rel) {
			return place, nil
		}
	}
	return "", fmt.Errorf("it is a link to %s, outside of %s", place, strings.Join(roots, " and "))
}

// reason is an error without the path, which stands before it already.
func reason(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	var link *os.LinkError
	if errors.As(err, &link) {
		return link.Err
	}
	return err
}
