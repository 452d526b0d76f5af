package scenario

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/layerwise/layerwise/analyzer/record"
)

const (
	appBefore, appAfter = `- 0644 src/app.js "app\n"`, `+ 0644 src/app.js "app\n\n"`
	deepBefore          = `- 0644 src/lib/deep.js "deep\n"`
)

// TestThroughLinks makes edits of paths that lead through symbolic links.
func TestThroughLinks(t *testing.T) {
	needLinks(t)
	cases := []struct {
		name  string
		links [][2]string // name and target, of which CONTEXT is the context's folder
		edit  string
		want  []string
	}{
		{"file", nil, "change: link.js", []string{appAfter, appBefore}},
		{"folder", nil, "change: linked/app.js", []string{appAfter, appBefore}},
		{"chain", [][2]string{{"a", "b"}, {"b", "linked"}}, "change: a/app.js", []string{appAfter, appBefore}},
		{"below a folder", [][2]string{{"src/lib/up", "../app.js"}}, "change: linked/lib/up", []string{appAfter, appBefore}},
		{"absolute", [][2]string{{"a", "CONTEXT/src"}}, "change: a/app.js", []string{appAfter, appBefore}},
		{"out and back", [][2]string{{"a", "../BASE/linked/app.js"}}, "change: a", []string{appAfter, appBefore}},
		{"the context itself", [][2]string{{"a", "."}}, "change: a/a/src/app.js", []string{appAfter, appBefore}},
		{"content", nil, "change: {path: linked/app.js, content: new}", []string{`+ 0644 src/app.js "new"`, appBefore}},
		{"replace", nil, "replace: {path: link.js, old: app, new: App}", []string{`+ 0644 src/app.js "App\n"`, appBefore}},
		{"mode", nil, "chmod: {path: link.js, mode: 755}", []string{`+ 0755 src/app.js "app\n"`, appBefore}},
		{"time", nil, "touch: linked/app.js", nil},
		{"add", nil, "add: {path: linked/x/new.js}", []string{`+ 0644 src/x/new.js ""`, `+ 0755 src/x/`}},
		{"delete", nil, "delete: linked/lib/deep.js", []string{deepBefore}},
		{"delete a link", nil, "delete: linked", []string{`- link linked -> src`}},
		{"delete a link below one", [][2]string{{"src/own", "app.js"}}, "delete: linked/own", []string{`- link src/own -> app.js`}},
		{"rename", nil, "rename: {from: linked/lib/deep.js, to: linked/deep.js}", []string{`+ 0644 src/deep.js "deep\n"`, deepBefore}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			o, b := linkedOptions(t, c.links, c.edit)
			if _, err := Run(t.Context(), o); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, b.changes(1)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func needLinks(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("making links needs a privilege there")
	}
}

// linkedOptions are options of an experiment with some links more in its context.
func linkedOptions(t *testing.T, links [][2]string, edit string) (Options, *builder) {
	t.Helper()
	o, _ := options(t, load(t, "steps: [{edits: [{"+edit+"}]}]"))
	for _, l := range links {
		target := strings.ReplaceAll(strings.ReplaceAll(l[1], "CONTEXT", o.Context), "BASE", filepath.Base(o.Context))
		must(t, os.Symlink(target, filepath.Join(o.Context, l[0])))
	}
	before := snapshot(t, o.Context)
	t.Cleanup(func() {
		for _, l := range links {
			must(t, os.Remove(filepath.Join(o.Context, l[0])))
		}
	})
	b := &builder{t: t}
	o.Build = b.build
	t.Cleanup(func() {
		if d := difference(before, snapshot(t, o.Context)); len(d) > 0 {
			t.Errorf("the user's files changed: %s", strings.Join(d, ", "))
		}
	})
	return o, b
}

// TestLinksThatLeadNowhere: nothing is built, and the error says where a link leads.
func TestLinksThatLeadNowhere(t *testing.T) {
	needLinks(t)
	cases := []struct {
		name       string
		links      [][2]string
		edit, want string
	}{
		{"dangling", [][2]string{{"a", "none"}}, "change: a", "it is a symbolic link to none, which is not there"},
		{"circle", [][2]string{{"a", "b"}, {"b", "a"}}, "change: a", "more than 40 symbolic links"},
		{"into what is missing and back", [][2]string{{"a", "none/../src/app.js"}}, "change: a", "which is not there"},
		{"beside the context", [][2]string{{"a", "../BASE-other/x"}}, "change: a", "it leads out of the context, to "},
		{"a chain that leaves", [][2]string{{"a", "out/x"}}, "change: a", "it leads out of the context, to "},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			o, b := linkedOptions(t, c.links, c.edit)
			_, err := Run(t.Context(), o)
			if located := (*Error)(nil); !errors.As(err, &located) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %s", err, c.want)
			}
			if len(b.builds) > 0 {
				t.Error("something was built")
			}
		})
	}
}

// reads has every build read the Dockerfile, and docker/own of the context.
func reads(t *testing.T, built, within *[]string) func(Build) (*record.Record, error) {
	return func(b Build) (*record.Record, error) {
		dt, err := os.ReadFile(b.Dockerfile)
		must(t, err)
		*built = append(*built, string(dt))
		if dt, err = os.ReadFile(filepath.Join(b.Context, "docker", "own")); err == nil {
			*within = append(*within, string(dt))
		}
		return &record.Record{Result: record.Succeeded}, nil
	}
}

// TestEditLinkedDockerfile edits a Dockerfile that is a symbolic link: what is built
// and what the context has of it are the same file.
func TestEditLinkedDockerfile(t *testing.T) {
	needLinks(t)
	for _, edit := range []string{"change: Dockerfile", "change: docker/own", "dockerfile: {insert: '', after: 1}"} {
		for _, inside := range []bool{true, false} {
			t.Run(edit, func(t *testing.T) {
				context, elsewhere := t.TempDir(), t.TempDir()
				path := filepath.Join(context, "Dockerfile")
				real := filepath.Join(elsewhere, "own")
				if inside {
					real = filepath.Join(context, "docker", "own")
				}
				must(t, os.MkdirAll(filepath.Dir(real), 0o755))
				must(t, os.WriteFile(real, []byte("FROM a\n"), 0o644))
				must(t, os.Symlink(real, path))
				var built, within []string
				o := Options{Scenario: load(t, "steps: [{edits: [{"+edit+"}]}]"), Context: context, Dockerfile: path, TempDir: t.TempDir()}
				b := &builder{t: t}
				o.Build = b.build
				b.then = reads(t, &built, &within)
				_, err := Run(t.Context(), o)
				if !inside && strings.Contains(edit, "docker/own") {
					if err == nil || !strings.Contains(err.Error(), "no such file in the context") {
						t.Errorf("error %v", err)
					}
					return
				}
				must(t, err)
				if want := []string{"FROM a\n", "FROM a\n\n"}; !slices.Equal(built, want) || inside && !slices.Equal(within, want) {
					t.Errorf("built with %q, where the context has %q", built, within)
				}
			})
		}
	}
}

func TestNamedContextIsNotCopied(t *testing.T) {
	o, b := options(t, load(t, "steps: [{edits: [{change: other/x}]}]"))
	o.Named = []string{"other"}
	_, err := Run(t.Context(), o)
	if err == nil || !strings.Contains(err.Error(), "of the build context other an experiment makes no copy") || len(b.builds) > 0 {
		t.Errorf("error %v after %d builds", err, len(b.builds))
	}
}
