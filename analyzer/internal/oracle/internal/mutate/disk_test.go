package mutate

import (
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// TestDisk holds what is written against the world, after each of many edits.
func TestDisk(t *testing.T) {
	for n := range uint64(20) {
		w := New(5, n)
		dir := t.TempDir()
		d := Disk{Context: filepath.Join(dir, "context"), Extra: filepath.Join(dir, "extra")}
		for range 15 {
			if err := d.Write(w); err != nil {
				t.Fatal(err)
			}
			want := w.Clone().Context
			want["Dockerfile"] = Node{Type: Regular, Content: w.File.Text(), Mode: 0o644}
			if len(w.Ignore) > 0 {
				want[".dockerignore"] = Node{Type: Regular, Content: w.ignoreText(), Mode: 0o644}
			}
			for name, n := range want {
				n.Touched = 0
				want[name] = n
			}
			if got := read(t, d.Context); !reflect.DeepEqual(got, want) {
				t.Fatalf("case %d: got %v, want %v", n, got, want)
			}
			w.Mutate()
		}
	}
}

// TestDiskKeepsOthers checks that a file which did not change is not written.
func TestDiskKeepsOthers(t *testing.T) {
	w := New(5, 1)
	d := Disk{Context: t.TempDir(), Extra: t.TempDir()}
	stat := func(name string) fs.FileInfo {
		if err := d.Write(w); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(filepath.Join(d.Context, name))
		if err != nil {
			t.Fatal(err)
		}
		return info
	}
	before := stat("a.txt")
	w.edit(w.Context, "b.txt", func(n *Node) { n.Content = "new" })
	if after := stat("a.txt"); !after.ModTime().Equal(before.ModTime()) {
		t.Error("a.txt was written, and b.txt changed")
	}
	w.edit(w.Context, "a.txt", func(n *Node) { n.Touched++ })
	if after := stat("a.txt"); after.ModTime().Equal(before.ModTime()) {
		t.Error("a.txt was touched, and its time is the same")
	}
}

// read returns the files of a folder, and its empty folders.
func read(t *testing.T, dir string) Tree {
	t.Helper()
	out := Tree{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		switch {
		case e.IsDir():
			if entries, err := os.ReadDir(path); err != nil || len(entries) > 0 {
				return err
			}
			out[filepath.ToSlash(name)] = Node{Type: Folder}
		case info.Mode()&fs.ModeSymlink != 0:
			target, err := os.Readlink(path)
			out[filepath.ToSlash(name)] = Node{Type: Link, Target: target}
			return err
		default:
			dt, err := os.ReadFile(path)
			out[filepath.ToSlash(name)] = Node{Type: Regular, Content: string(dt), Mode: uint32(info.Mode().Perm())}
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
