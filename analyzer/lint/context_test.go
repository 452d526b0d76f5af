package lint

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tonistiigi/fsutil"
)

// write makes a folder of files, with contents by name; a name that ends in a slash
// is a folder, a content that starts with -> a link.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		if target, ok := strings.CutPrefix(content, "->"); ok {
			err = os.Symlink(target, path)
		} else if strings.HasSuffix(name, "/") {
			err = os.MkdirAll(path, 0o755)
		} else {
			err = os.WriteFile(path, []byte(content), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func names(files []File) string {
	var all []string
	for _, f := range files {
		all = append(all, f.Path)
	}
	return strings.Join(all, " ")
}

func TestIgnore(t *testing.T) {
	dir := write(t, map[string]string{
		".dockerignore":               "# comment\n\nb\n/c/\n",
		"own.Dockerfile":              "FROM scratch\n",
		"own.Dockerfile.dockerignore": "*.log\n",
		"sub/Dockerfile":              "FROM scratch\n",
	})
	for name, want := range map[string]struct{ path, patterns string }{
		"Dockerfile":     {".dockerignore", "b c"},
		"own.Dockerfile": {"own.Dockerfile.dockerignore", "*.log"},
		"sub/Dockerfile": {".dockerignore", "b c"},
	} {
		path, patterns, found := OpenContext(dir, filepath.Join(dir, filepath.FromSlash(name))).Ignore()
		if path != want.path || strings.Join(patterns, " ") != want.patterns || !found {
			t.Errorf("%s: %s %q %v", name, path, patterns, found)
		}
	}
	path, _, found := OpenContext(filepath.Join(dir, "sub"), "").Ignore()
	if path != ".dockerignore" || found {
		t.Errorf("without an ignore file: %s %v", path, found)
	}
}

// TestFilesAsSent compares a listing with what BuildKit's client would send.
func TestFilesAsSent(t *testing.T) {
	dir := write(t, map[string]string{
		"a.txt": "a", "b/c.txt": "c", "b/d/e.log": "e", "b/d/keep.log": "k", "node_modules/x/index.js": "x",
		"empty/": "", "link": "->a.txt", "out/": "", "folder-link": "->b", "deep/one/two/three.txt": "3", "deep/one/x": "x",
	})
	for _, patterns := range [][]string{
		nil, {"b"}, {"b/*"}, {"**/*.log"}, {"**/*.log", "!b/d/keep.log"}, {"*", "!b/c.txt"}, {"*", "!deep/one/two"},
		{"*", "!**/*.txt"}, {"node_modules", "empty"}, {"deep/one"}, {"deep", "!deep/one/x"}, {"link"}, {"b", "!b/d", "b/d/e.log"},
	} {
		if err := os.WriteFile(filepath.Join(dir, ".dockerignore"), []byte(strings.Join(patterns, "\n")), 0o644); err != nil {
			t.Fatal(err)
		}
		c := OpenContext(dir, "")
		files, complete := c.Files()
		if want := sent(t, dir, patterns); !slices.Equal(leaves(files), want) || !complete {
			t.Errorf("%q: got %q, want %q", patterns, leaves(files), want)
		}
		for _, f := range files {
			if got, ok := c.Lookup(f.Path); !ok || got != f {
				t.Errorf("%q: Lookup(%s) is %v %v, Files has %v", patterns, f.Path, got, ok, f)
			}
		}
	}
}

// leaves are the files that are no folders: those that only lead to something are
// sent along with it.
func leaves(files []File) []string {
	var all []string
	for _, f := range files {
		if !f.Type.IsDir() {
			all = append(all, f.Path)
		}
	}
	return all
}

func sent(t *testing.T, dir string, patterns []string) []string {
	t.Helper()
	local, err := fsutil.NewFS(dir)
	if err == nil {
		local, err = fsutil.NewFilterFS(local, &fsutil.FilterOpt{ExcludePatterns: patterns})
	}
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	err = local.Walk(t.Context(), "", func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			all = append(all, filepath.ToSlash(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	return all
}

func TestMatches(t *testing.T) {
	dir := write(t, map[string]string{
		"package.json": "", "package-lock.json": "", "src/a.js": "", "src/b/c.js": "", "apps/x/package.json": "", "apps/y/package.json": "",
	})
	for _, test := range []struct {
		name string
		src  Source
		want string
	}{
		{"all", Source{Paths: []string{"."}}, "apps apps/x apps/x/package.json apps/y apps/y/package.json package-lock.json package.json src src/a.js src/b src/b/c.js"},
		{"file", Source{Paths: []string{"package.json"}}, "package.json"},
		{"folder", Source{Paths: []string{"src"}}, "src src/a.js src/b src/b/c.js"},
		{"pattern", Source{Paths: []string{"package*.json"}}, "package-lock.json package.json"},
		{"pattern of folders", Source{Paths: []string{"s*"}}, "src src/a.js src/b src/b/c.js"},
		{"pattern inside", Source{Paths: []string{"apps/*/package.json"}}, "apps/x/package.json apps/y/package.json"},
		{"a mount has no patterns", Source{Paths: []string{"s*"}, Mount: true}, ""},
		{"exclude", Source{Paths: []string{"."}, Excludes: []string{"src", "apps"}}, "package-lock.json package.json"},
		{"parents", Source{Paths: []string{"**/package.json"}, Parents: true}, "apps/x/package.json apps/y/package.json package.json"},
		{"missing", Source{Paths: []string{"nothing"}}, ""},
		{"bad pattern", Source{Paths: []string{"a[", `\`}}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.src.Kind = SourceContext
			if got := names(OpenContext(dir, "").Matches(test.src)); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
	if got := OpenContext(dir, "").Matches(Source{Kind: SourceImage, Paths: []string{"."}}); got != nil {
		t.Errorf("of another source: %v", got)
	}
}

func TestRead(t *testing.T) {
	outside := write(t, map[string]string{"secret": "no"})
	dir := write(t, map[string]string{
		"file": "0123456789", "folder/": "", "inside": "->file", "outside": "->" + filepath.Join(outside, "secret"), "up": "->../secret",
	})
	c := OpenContext(dir, "")
	for name, want := range map[string]string{"file": "01234", "/file": "01234", "../file": "01234", "inside": "01234"} {
		if got, err := c.Read(name, 5); err != nil || string(got) != want {
			t.Errorf("%s: %q %v", name, got, err)
		}
	}
	for _, name := range []string{"folder", "outside", "up", "missing", "."} {
		if got, err := c.Read(name, 5); err == nil {
			t.Errorf("%s: %q", name, got)
		}
	}
	if f, ok := c.Lookup("file"); !ok || c.Size(f) != 10 {
		t.Errorf("size of %v: %d", f, c.Size(f))
	}
}

func TestFindContext(t *testing.T) {
	dir := write(t, map[string]string{
		"go.mod": "", "cmd/app/main.go": "", "cmd/app/Dockerfile": "", "docker/Dockerfile": "", "docker/start.sh": "",
	})
	for _, test := range []struct{ name, dockerfile, src, top, want string }{
		{"nothing copied", "docker", "RUN true", ".", "docker"},
		{"all of it", "docker", "COPY . .", ".", "docker"},
		{"here", "docker", "COPY start.sh /", ".", "docker"},
		{"above", "docker", "COPY go.mod cmd/app/main.go /", ".", "."},
		{"above, by mount", "cmd/app", "RUN --mount=type=bind,source=docker/start.sh,target=/s true", ".", "."},
		{"some here, some above", "docker", "COPY start.sh /\nCOPY go.mod /", ".", "docker"},
		{"nowhere", "docker", "COPY other /", ".", "docker"},
		{"patterns do not count", "docker", "COPY *.mod /", ".", "docker"},
		{"not so far", "cmd/app", "COPY go.mod /", "cmd", "cmd/app"},
		{"not above at all", "cmd/app", "COPY go.mod /", "", "cmd/app"},
		{"outside of top", "docker", "COPY go.mod /", "cmd", "docker"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Chdir(dir)
			s, err := NewSubject("Dockerfile", []byte("FROM debian:12\n"+test.src+"\n"))
			if err != nil {
				t.Fatal(err)
			}
			c := FindContext(s, filepath.Join(filepath.FromSlash(test.dockerfile), "Dockerfile"), test.top)
			if c.Root() != filepath.FromSlash(test.want) {
				t.Errorf("got %s, want %s", c.Root(), test.want)
			}
		})
	}
}

// From inside of a folder, those above have no names of their own.
func TestFindContextAboveHere(t *testing.T) {
	dir := write(t, map[string]string{"go.mod": "", "a/b/Dockerfile": ""})
	t.Chdir(filepath.Join(dir, "a", "b"))
	s, err := NewSubject("Dockerfile", []byte("FROM debian:12\nCOPY go.mod /\n"))
	if err != nil {
		t.Fatal(err)
	}
	c := FindContext(s, "Dockerfile", dir)
	if c.Root() != filepath.Join("..", "..") || c.Name("go.mod") != "../../go.mod" {
		t.Errorf("%s, %s", c.Root(), c.Name("go.mod"))
	}
}
