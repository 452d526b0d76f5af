//go:build unix

package outputfile_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/layerwise/layerwise/analyzer/outputfile"
)

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error { _, err := io.WriteString(w, s); return err }
}

// A file changes when it is whole; links and modes stay, and nothing else is left.
func TestCreate(t *testing.T) {
	dir := t.TempDir()
	old, link := filepath.Join(dir, "old"), filepath.Join(dir, "link")
	// Chmod gives more than most umasks leave.
	if err := errors.Join(os.WriteFile(old, []byte("before"), 0o600), os.Chmod(old, 0o666), os.Symlink("old", link)); err != nil {
		t.Fatal(err)
	}
	content := func(want string) {
		t.Helper()
		if got, err := os.ReadFile(old); err != nil || string(got) != want {
			t.Errorf("it has %q, %v, want %q", got, err, want)
		}
	}
	for _, commit := range []bool{false, true} {
		f, err := outputfile.Create(link)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, "after"); err != nil {
			t.Fatal(err)
		}
		if commit {
			f.Close() // as BuildKit's client does
		}
		content("before")
		if commit {
			err = f.Commit()
		} else {
			err = f.Discard()
		}
		if err != nil {
			t.Error(err)
		}
	}
	content("after")
	if info, err := os.Lstat(old); err != nil || info.Mode() != 0o666 {
		t.Errorf("it is %v, %v", info.Mode(), err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode().Type() != fs.ModeSymlink {
		t.Errorf("the link is %v, %v", info.Mode(), err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 2 {
		t.Errorf("left behind: %v", entries)
	}
}

func TestCreateDirectly(t *testing.T) {
	f, err := outputfile.Create(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Close(), f.Commit()); err != nil {
		t.Error(err)
	}
	if err := outputfile.Write(os.DevNull, text("x")); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode().IsRegular() {
		t.Errorf("it is %v, %v", info.Mode(), err)
	}
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	if err := outputfile.Write(path, text("one")); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	if err := outputfile.Write(path, func(w io.Writer) error { return errors.Join(text("two")(w), broken) }); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "one" {
		t.Errorf("it has %q, %v", got, err)
	}
	var pe *fs.PathError
	if err := outputfile.Write(filepath.Join(dir, "none", "a"), text("")); !errors.As(err, &pe) || pe.Path != filepath.Join(dir, "none", "a") {
		t.Errorf("no folder: %v", err)
	}
	if err := outputfile.Write(dir, text("")); err == nil {
		t.Error("wrote a folder")
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
}
