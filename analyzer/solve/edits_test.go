package solve

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestEdited(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"app/Dockerfile", "app/.dockerignore", "app/real/f", "app/real/deep/g", "lib/f", "lib/only", "outside/f", "else/Dockerfile"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("FROM scratch\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for link, target := range map[string]string{
		"app/link": "real/f", "app/folder": "real", "app/again": "folder", "app/absolute": dir + "/app/real/f", "app/out": "../outside/f", "app/outfolder": dir + "/outside",
		"app/dangling": "nothing", "app/loop": "loop", "app/tolib": "../lib/f", "linked": "app", "app/real/up": "../link",
	} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		edit string
		want string // below dir, or part of the error
	}{
		{"real/f", "app/real/f"},
		{"./real/../real/f", "app/real/f"},
		{"link", "app/real/f"},
		{"folder/f", "app/real/f"},
		{"again/deep/g", "app/real/deep/g"},
		{"real/up", "app/real/f"},
		{"absolute", "app/real/f"},
		{dir + "/app/real/f", "app/real/f"},
		{dir + "/linked/link", "app/real/f"},
		{"../lib/f", "lib/f"},
		{"tolib", "lib/f"},
		{"lib/only", "lib/only"}, // the named context has it, the context has no folder lib
		{"Dockerfile", "app/Dockerfile"},
		{".dockerignore", "app/.dockerignore"},
		{"out", "leads out of the build context"},
		{"outfolder/f", "leads out of the build context"},
		{"../outside/f", "lies outside of the build context"},
		{"../else/Dockerfile", "lies outside of the build context"},
		{"dangling", "symbolic link to nothing, which is not there"},
		{"loop", "too many links"},
		{"nope", "there is no such file"},
		{"lib/nope", "there is no such file"},
		{"real", "it is a folder"},
		{"folder", "it is a folder"},
	}
	for _, context := range []string{"app", "linked"} {
		src, err := Open(filepath.Join(dir, context), "", nil)
		if err != nil {
			t.Fatal(err)
		}
		src.Named = map[string]string{"lib": filepath.Join(dir, "lib"), "image": "docker-image://busybox"}
		for _, tt := range tests {
			edited, err := src.Edited([]string{tt.edit})
			if err != nil {
				if !strings.Contains(err.Error(), "edit "+tt.edit+": ") || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("%s: %s: %v, want %s", context, tt.edit, err, tt.want)
				}
				continue
			}
			if want := filepath.Join(dir, tt.want); edited.edits[want] != tt.edit || len(edited.edits) != 1 {
				t.Errorf("%s: %s: edits %v, want %s", context, tt.edit, edited.edits, want)
			}
		}
	}
	src, err := Open(filepath.Join(dir, "app"), filepath.Join(dir, "else/Dockerfile"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := src.Edited([]string{"../else/Dockerfile"}); err != nil {
		t.Errorf("the Dockerfile beside the context: %v", err)
	}
}
