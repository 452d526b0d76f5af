package discover_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/layerwise/layerwise/analyzer/lint/internal/discover"
)

// tree makes files in a new folder and enters it. "a -> b" is a link, a name with
// "=" has content, one with a slash at its end is a folder.
func tree(t *testing.T, entries ...string) {
	t.Helper()
	dir := t.TempDir()
	for _, e := range entries {
		name, content, _ := strings.Cut(e, "=")
		name, target, linked := strings.Cut(name, " -> ")
		place := filepath.Join(dir, filepath.FromSlash(name))
		err := os.MkdirAll(filepath.Dir(place), 0o755)
		switch {
		case err != nil:
		case linked:
			err = os.Symlink(target, place)
		case strings.HasSuffix(name, "/"):
			err = os.MkdirAll(place, 0o755)
		default:
			err = os.WriteFile(place, []byte(content), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
}

func paths(files []discover.File) []string {
	var list []string
	for _, f := range files {
		list = append(list, f.Path)
	}
	return list
}

func TestFind(t *testing.T) {
	for _, tt := range []struct {
		name  string
		tree  []string
		paths []string
		want  []string
	}{
		{
			name: "names",
			tree: []string{
				"Dockerfile", "b/Dockerfile.dev", "b/web.Dockerfile", "b/web.dockerfile", "b/Containerfile", "b/Containerfile.ci", "c/dockerfile",
				"Dockerfile.dockerignore", "Dockerfile~", "Dockerfile.swp", "Dockerfile.bak", ".#web.Dockerfile", "Dockerfile.j2", "Dockerfile.md",
				"dockerfile.go", "MyDockerfile", "Dockerfiles/readme", "Dockerfile.d/", ".Dockerfile",
			},
			want: []string{"Dockerfile", "b/Containerfile", "b/Containerfile.ci", "b/Dockerfile.dev", "b/web.Dockerfile", "b/web.dockerfile", "c/dockerfile"},
		},
		{
			name:  "given files",
			tree:  []string{"any.txt", "d/Dockerfile", ".gitignore=*"},
			paths: []string{"any.txt", "d/Dockerfile", "./any.txt"},
			want:  []string{"any.txt", "d/Dockerfile"},
		},
		{
			name:  "once",
			tree:  []string{"a/Dockerfile", "b/Dockerfile"},
			paths: []string{"b", "b/Dockerfile", "."},
			want:  []string{"b/Dockerfile", "a/Dockerfile"},
		},
		{
			name: "folders that are skipped",
			tree: []string{"Dockerfile", ".git/Dockerfile", "a/node_modules/x/Dockerfile", ".hg/Dockerfile", ".github/Dockerfile"},
			want: []string{".github/Dockerfile", "Dockerfile"},
		},
		{
			name: "nested .gitignore",
			tree: []string{
				".git/info/exclude=/local\n", ".gitignore=gen/\n*.dockerfile\n", "Dockerfile", "gen/Dockerfile", "x/gen/Dockerfile",
				"x/.gitignore=!keep.dockerfile\n/Dockerfile\n", "x/keep.dockerfile", "x/a.dockerfile", "x/Dockerfile", "x/y/Dockerfile",
				"local/Dockerfile", "x/local/Dockerfile",
			},
			want: []string{"Dockerfile", "x/keep.dockerfile", "x/local/Dockerfile", "x/y/Dockerfile"},
		},
		{
			name:  "ignore files above the folder",
			tree:  []string{".git/", ".gitignore=/a/b/c/\n*.dockerfile\n", "a/.gitignore=d", "a/b/c/Dockerfile", "a/b/d/Dockerfile", "a/b/x.dockerfile", "a/b/Dockerfile"},
			paths: []string{"a/b"},
			want:  []string{"a/b/Dockerfile"},
		},
		{
			name:  "an ignored folder that is named",
			tree:  []string{".git/", ".gitignore=/out\nDockerfile.x\n", "out/Dockerfile", "out/Dockerfile.x", "out/.gitignore=y", "out/y/Dockerfile"},
			paths: []string{"out"},
			want:  []string{"out/Dockerfile", "out/Dockerfile.x"},
		},
		{
			name: "a repository in a repository",
			tree: []string{".git/", ".gitignore=Dockerfile.*\n", "Dockerfile.a", "sub/.git=gitdir: ../.git/modules/sub\n", ".git/modules/sub/info/exclude=Dockerfile.c", "sub/Dockerfile.b", "sub/Dockerfile.c"},
			want: []string{"sub/Dockerfile.b"},
		},
		{
			name: "a worktree",
			tree: []string{".git=gitdir: main/worktrees/w", "main/worktrees/w/commondir=../..\n", "main/info/exclude=b\nmain", "a/Dockerfile", "b/Dockerfile"},
			want: []string{"a/Dockerfile"},
		},
		{
			name: "links",
			tree: []string{
				"p/.git/", "p/docker/web=", "p/Dockerfile -> docker/web", "p/a/Dockerfile", "p/b/Dockerfile -> ../a/Dockerfile", "p/loop/again -> ..",
				"outside", "p/c/Dockerfile -> ../../outside", "p/d/Dockerfile -> nowhere", "p/e/Dockerfile -> ../a", "p/.gitignore -> ../rules", "rules=*",
			},
			paths: []string{"p"},
			want:  []string{"p/Dockerfile", "p/a/Dockerfile"},
		},
		{
			name:  "through a link to a folder",
			tree:  []string{"real/Dockerfile", "link -> real"},
			paths: []string{"link"},
			want:  []string{"link/Dockerfile"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tree(t, tt.tree...)
			if tt.paths == nil {
				tt.paths = []string{"."}
			}
			got, err := discover.Find(context.Background(), tt.paths)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, paths(got.Files)); diff != "" || len(got.Problems) > 0 {
				t.Errorf("files (-want +got):\n%s\nproblems: %v", diff, got.Problems)
			}
		})
	}
}

func TestIgnored(t *testing.T) {
	tree(t, ".git/info/exclude=*.local\n", ".gitignore=/web/made\nlogs/\n", "web/.gitignore=*.gen\n!kept.gen\n", "web/a/")
	for name, want := range map[string]bool{
		"a/x.gen": true, "kept.gen": false, "a/b/c.gen": true, "made": true, "made/x": true, "a/made": false,
		"logs": true, "a/logs/x": true, "x.local": true, "a/x.txt": false,
	} {
		if got := discover.Ignored("web", name); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func TestGiven(t *testing.T) {
	tree(t, "a/Dockerfile", "b/any")
	got, err := discover.Find(context.Background(), []string{"a", "b/any"})
	want := []discover.File{{Path: "a/Dockerfile"}, {Path: "b/any", Given: true}}
	if err != nil || !slices.Equal(got.Files, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

// A search leaves out what git would, in a tree with patterns on every level.
func TestFindLikeGit(t *testing.T) {
	tree(t,
		".gitignore=*.dockerfile\n!keep.dockerfile\n/build/\ntmp/*\n!tmp/keep/\na/**/deep\n",
		"a/.gitignore=!b.dockerfile\nc/\n", "a/b.dockerfile", "a/x.dockerfile", "a/c/Dockerfile", "a/x/y/deep/Dockerfile", "a/deep/Dockerfile",
		"a/d/.gitignore=!c\n*\n!Dockerfile\n", "a/d/c/Dockerfile", "a/d/Dockerfile", "a/d/Dockerfile.x", "a/d/e/Dockerfile",
		"build/Dockerfile", "x/build/Dockerfile", "tmp/Dockerfile", "tmp/keep/Dockerfile", "tmp/drop/Dockerfile", "keep.dockerfile", "Dockerfile", "z z/Dockerfile", "é/Dockerfile",
	)
	for _, args := range [][]string{{"init", "-q"}, {"config", "core.excludesFile", os.DevNull}} {
		if out, err := exec.Command("git", args...).CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v: %s", args, err, out)
		}
	}
	out, err := exec.Command("git", "ls-files", "-z", "--others", "--exclude-standard").Output()
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for name := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		if base := strings.ToLower(filepath.Base(name)); strings.Contains(base, "dockerfile") {
			want = append(want, name)
		}
	}
	slices.Sort(want)
	got, err := discover.Find(context.Background(), []string{"."})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, paths(got.Files)); diff != "" {
		t.Errorf("(-git +got):\n%s", diff)
	}
}

func TestFindErrors(t *testing.T) {
	tree(t, "a/readme", "b/x", ".git/")
	_, err := discover.Find(context.Background(), []string{"a", "b"})
	var none *discover.NotFoundError
	if !errors.As(err, &none) || !strings.Contains(err.Error(), "in a, b: looked for Dockerfile, Dockerfile.*,") {
		t.Errorf("nothing to find: %v", err)
	}
	_, err = discover.Find(context.Background(), []string{"Dokerfile"})
	if !errors.Is(err, os.ErrNotExist) || !strings.HasPrefix(err.Error(), "cannot lint Dokerfile: ") {
		t.Errorf("a path that does not exist: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := discover.Find(ctx, []string{"."}); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
	if err := os.WriteFile("a/.gitignore", make([]byte, 2<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := discover.Find(context.Background(), []string{"."})
	if err != nil || len(got.Problems) != 1 || got.Problems[0].Path != "a/.gitignore" {
		t.Errorf("a huge ignore file: %v, %v", got, err)
	}
}
