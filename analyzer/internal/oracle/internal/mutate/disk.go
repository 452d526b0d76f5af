package mutate

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Disk is where a world lies as files.
type Disk struct {
	Context, Extra string // folders

	written map[string]Tree // by folder
}

// Write makes the files what the world has. What did not change is left alone.
func (d *Disk) Write(w *World) error {
	context := maps.Clone(w.Context)
	context["Dockerfile"] = Node{Type: Regular, Content: w.File.Text(), Mode: 0o644}
	if len(w.Ignore) > 0 {
		context[".dockerignore"] = Node{Type: Regular, Content: w.ignoreText(), Mode: 0o644}
	}
	return errors.Join(d.sync(d.Context, context), d.sync(d.Extra, w.Extra))
}

func (d *Disk) sync(dir string, t Tree) error {
	if d.written == nil {
		d.written = map[string]Tree{}
	}
	old := d.written[dir]
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, name := range slices.Backward(sortedKeys(old)) { // files before the folders that hold them
		if _, ok := t[name]; ok {
			continue
		}
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.Remove(path); err != nil {
			return err
		}
		for up := filepath.Dir(path); up != dir && os.Remove(up) == nil; up = filepath.Dir(up) { // empty ones go with their last file
		}
	}
	for _, name := range sortedKeys(t) {
		before, known := old[name]
		if known && before == t[name] {
			continue
		}
		if err := write(filepath.Join(dir, filepath.FromSlash(name)), before, t[name]); err != nil {
			return err
		}
	}
	d.written[dir] = maps.Clone(t)
	return nil
}

// write makes one file what it shall be.
func write(path string, before, n Node) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if touched := before; n.Touched != before.Touched && n.Type == before.Type {
		touched.Touched = n.Touched
		if touched == n {
			at := time.Now().Add(-time.Duration(n.Touched) * time.Hour)
			return os.Chtimes(path, at, at)
		}
	}
	if before.Type != "" && before.Type != n.Type {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	switch n.Type {
	case Folder:
		return os.MkdirAll(path, 0o755)
	case Link:
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return os.Symlink(n.Target, path)
	}
	if n.Content != before.Content || before.Type != n.Type {
		if err := os.WriteFile(path, []byte(n.Content), 0o644); err != nil {
			return err
		}
	}
	return os.Chmod(path, os.FileMode(n.Mode))
}
