package buildcontext

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestNames compares a listing with what os and a scan know of the same folder.
func TestNames(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"a", "b/c", "b/d/e.log", "b/d/keep.log", "b-c/x", "empty/", "out/x"} {
		place := filepath.Join(root, filepath.FromSlash(name))
		if strings.HasSuffix(name, "/") {
			if err := os.MkdirAll(place, 0o755); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := errors.Join(os.MkdirAll(filepath.Dir(place), 0o755), os.WriteFile(place, nil, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("b", filepath.Join(root, "link")); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		exclude  []string
		most     int
		want     string
		complete bool
	}{
		{nil, 100, "a b b-c b-c/x b/c b/d b/d/e.log b/d/keep.log empty link out out/x", true},
		{nil, 12, "a b b-c b-c/x b/c b/d b/d/e.log b/d/keep.log empty link out out/x", true},
		{nil, 11, "a b b-c b-c/x b/c b/d b/d/e.log b/d/keep.log empty link out", false},
		{[]string{"out", "**/*.log", "!b/d/keep.log"}, 100, "a b b-c b-c/x b/c b/d b/d/keep.log empty link", true},
		{[]string{"*", "!b/d/*.log"}, 100, "b/d/e.log b/d/keep.log", true},
		{[]string{"*"}, 6, "", true},
	} {
		names, complete, err := Names(root, tt.exclude, tt.most)
		var got []string
		for _, n := range names {
			got = append(got, n.Path)
			info, err := os.Lstat(filepath.Join(root, filepath.FromSlash(n.Path)))
			if err != nil || info.Mode().Type() != n.Type {
				t.Errorf("%s: %v, want %v", n.Path, n.Type, info.Mode().Type())
			}
		}
		if err != nil || strings.Join(got, " ") != tt.want || complete != tt.complete {
			t.Errorf("%q, %d: %q %v %v", tt.exclude, tt.most, got, complete, err)
		}
		if tt.most < 100 {
			continue
		}
		scanned, err := Scan(t.Context(), root, Options{Exclude: tt.exclude})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range scanned.entries {
			if !e.isFolder() && !slices.Contains(got, e.path) {
				t.Errorf("%q: %s is sent and not listed", tt.exclude, e.path)
			}
		}
	}
	if _, _, err := Names(root, []string{"[a"}, 100); err == nil {
		t.Error("a pattern that is none")
	}
}

func TestFileType(t *testing.T) {
	for _, mode := range []fs.FileMode{0, fs.ModeDir, fs.ModeSymlink, fs.ModeNamedPipe, fs.ModeSocket, fs.ModeDevice, fs.ModeDevice | fs.ModeCharDevice} {
		if got := fileType(posixMode(mode)); got != mode {
			t.Errorf("%v: got %v", mode, got)
		}
	}
}
