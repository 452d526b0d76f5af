package fix_test

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/layerwise/layerwise/analyzer/lint/internal/fix"
)

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	write(t, "p/real", "old")
	write(t, "outside", "old")
	for _, l := range [][2]string{{"real", "p/in"}, {"../outside", "p/out"}, {"gone", "p/dangling"}} {
		if err := os.Symlink(l[0], l[1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod("p/real", 0o751); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		change fix.Changed
		err    string // "" for none
		read   string // that has the new text then
	}{
		{fix.Changed{Name: "p/in", Old: []byte("old"), New: []byte("new")}, "", "p/real"},
		{fix.Changed{Name: "p/real", Old: []byte("old"), New: []byte("newer")}, "cannot fix p/real: it was changed since", ""},
		{fix.Changed{Name: "p/real", Old: []byte("new"), New: []byte("newer")}, "", "p/real"},
		{fix.Changed{Name: "p/out", Old: []byte("old"), New: []byte("new")}, "cannot fix p/out: it is a link to ", ""},
		{fix.Changed{Name: "outside", Old: []byte("old"), New: []byte("new")}, "outside of p", ""},
		{fix.Changed{Name: "p/.dockerignore", New: []byte("x"), Made: true}, "", "p/.dockerignore"},
		{fix.Changed{Name: "p/.dockerignore", New: []byte("y"), Made: true}, "file exists", ""},
		{fix.Changed{Name: "p/dangling", New: []byte("y"), Made: true}, "file exists", ""},
		{fix.Changed{Name: "p/none", Old: []byte("x"), New: []byte("y")}, "no such file", ""},
	} {
		err := tt.change.Write("p")
		if tt.err != "" {
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%s: got %v, want %q", tt.change.Name, err, tt.err)
			}
			continue
		}
		got, readErr := os.ReadFile(tt.read)
		if err != nil || readErr != nil || !bytes.Equal(got, tt.change.New) {
			t.Errorf("%s: got %q, %v, %v", tt.change.Name, got, err, readErr)
		}
	}
	if info, err := os.Lstat("p/real"); err != nil || info.Mode().Perm() != 0o751 {
		t.Errorf("the mode is %v, %v", info.Mode(), err)
	}
	if info, err := os.Lstat("p/in"); err != nil || info.Mode().Type() != fs.ModeSymlink {
		t.Errorf("the link is %v, %v", info.Mode(), err)
	}
	entries, err := os.ReadDir("p")
	if err != nil || len(entries) != 5 {
		t.Errorf("files are left behind: %v, %v", entries, err)
	}
}

// git takes the diffs, whatever the names and the endings are.
func TestDiff(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	var all []byte
	changes := []fix.Changed{
		{Name: "Dockerfile", Old: []byte("FROM a\nRUN b\n"), New: []byte("FROM a\nRUN c\n")},
		{Name: "no/ending", Old: []byte("FROM a\nRUN b"), New: []byte("FROM a\nRUN c\nRUN d")},
		{Name: "cr", Old: []byte("FROM a\r\nRUN b\r\n"), New: []byte("FROM a\r\nRUN c\r\n")},
		{Name: "s p/Docker file", Old: []byte("a\n"), New: []byte("b\n")},
		{Name: "odd\t\"name\\é\n", Old: []byte("a\n"), New: []byte("b\n")},
		{Name: ".dockerignore", New: []byte(".git\n"), Made: true},
	}
	for _, c := range changes {
		if !c.Made {
			write(t, c.Name, string(c.Old))
		}
		all = append(all, c.Diff()...)
	}
	cmd := exec.Command("git", "apply", "-p1", "-")
	cmd.Stdin = bytes.NewReader(all)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s\n%s", err, out, all)
	}
	for _, c := range changes {
		if got, err := os.ReadFile(c.Name); err != nil || !bytes.Equal(got, c.New) {
			t.Errorf("%s: got %q, %v, want %q", c.Name, got, err, c.New)
		}
	}
}
