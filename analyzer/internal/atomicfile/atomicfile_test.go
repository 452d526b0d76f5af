package atomicfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/layerwise/layerwise/analyzer/internal/atomicfile"
)

const pattern = ".tmp-*"

// only wants one file in a folder, with this content.
func only(t *testing.T, path, want string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 || entries[0].Name() != filepath.Base(path) {
		t.Fatalf("the folder has %v, %v", entries, err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

func TestWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	for _, text := range []string{"one", "two", ""} {
		if err := atomicfile.Write(path, pattern, 0o600, []byte(text)); err != nil {
			t.Fatal(err)
		}
		only(t, path, text)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if err := atomicfile.Write(filepath.Join(path, "b"), pattern, 0o600, nil); err == nil {
		t.Error("a file in a file")
	}
}

func TestCommit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	create := func(text string) *atomicfile.File {
		t.Helper()
		f, err := atomicfile.Create(path, pattern, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		if name := filepath.Base(f.Name()); !strings.HasPrefix(name, ".tmp-") || len(name) < 15 {
			t.Errorf("it is called %s", name)
		}
		if _, err := f.WriteString(text); err != nil {
			t.Fatal(err)
		}
		return f
	}
	f := create("one")
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it is there before it is whole: %v", err)
	}
	if err := f.CommitNew(); err != nil {
		t.Fatal(err)
	}
	only(t, path, "one")
	if err := create("two").CommitNew(); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a name that is taken: %v", err)
	}
	only(t, path, "one")
	f = create("three")
	if err := errors.Join(f.Discard(), f.Discard()); err != nil {
		t.Error(err)
	}
	only(t, path, "one")
	if err := f.Commit(); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("what was discarded: %v", err)
	}
	f = create("four")
	if err := errors.Join(f.Close(), f.Commit(), f.Discard()); err != nil {
		t.Error(err)
	}
	only(t, path, "four")
	if err := create("five").CommitAs(path); err != nil {
		t.Error(err)
	}
	only(t, path, "five")
	if err := errors.Join(os.Remove(path), os.Mkdir(path, 0o700)); err != nil {
		t.Fatal(err)
	}
	if err := create("six").Commit(); err == nil {
		t.Error("in place of a folder")
	}
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 1 {
		t.Errorf("what failed is left: %v", entries)
	}
}
