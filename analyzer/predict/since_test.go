package predict

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/layerwise/layerwise/analyzer/solve"
)

// repository is a git repository that a test edits.
type repository struct {
	t   *testing.T
	dir string
}

func newRepository(t *testing.T) *repository {
	t.Helper()
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", home)
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	t.Setenv("TMPDIR", t.TempDir())
	r := &repository{t, filepath.Join(home, "work")}
	r.write("app/Dockerfile", "FROM busybox\nCOPY package.json /\nRUN install\nCOPY src /src\nRUN build\n")
	r.write("app/package.json", "{}")
	r.write("app/src/main", "main")
	r.git("init", "-q")
	r.commit("v1")
	return r
}

func (r *repository) path(name string) string { return filepath.Join(r.dir, filepath.FromSlash(name)) }

func (r *repository) write(name, text string) {
	r.t.Helper()
	if err := os.MkdirAll(filepath.Dir(r.path(name)), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(r.path(name), []byte(text), 0o644); err != nil {
		r.t.Fatal(err)
	}
}

func (r *repository) git(args ...string) {
	r.t.Helper()
	cmd := exec.Command("git", append([]string{"-C", r.dir, "-c", "user.name=n", "-c", "user.email=e@example.com"}, args...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		r.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

func (r *repository) commit(tag string) {
	r.t.Helper()
	r.git("add", "-A")
	r.git("commit", "-qm", tag)
	r.git("tag", tag)
}

// since predicts for the app folder, and returns the outcomes, a letter a step.
func (r *repository) since(rev string) (string, *record.Record, error) {
	r.t.Helper()
	before := r.everything()
	src, err := solve.Open(r.path("app"), "", nil)
	if err != nil {
		r.t.Fatal(err)
	}
	rec, old, err := Since(r.t.Context(), Options{Build: solve.Options{Source: src}}, rev)
	if after := r.everything(); after != before {
		r.t.Errorf("the repository was changed:\n%s\n%s", before, after)
	}
	if left, _ := os.ReadDir(os.TempDir()); len(left) > 0 {
		r.t.Errorf("%v is left in the temporary folder", left)
	}
	if err != nil {
		return "", nil, err
	}
	if old.Project.Context != rec.Project.Context || strings.Contains(old.ID, os.TempDir()) {
		r.t.Errorf("the revision's record is of %s", old.Project.Context)
	}
	out := ""
	for _, s := range rec.Steps {
		out += string(s.Outcome[:1])
	}
	return out, rec, nil
}

// everything is all files of the working tree and the repository, with their times.
func (r *repository) everything() string {
	var out strings.Builder
	_ = filepath.Walk(r.dir, func(path string, info os.FileInfo, err error) error {
		if err == nil {
			out.WriteString(path + info.ModTime().String() + info.Mode().String() + "\n")
		}
		return nil
	})
	return out.String()
}

func TestSince(t *testing.T) {
	tests := []struct {
		name string
		edit func(r *repository)
		want string // of v1
	}{
		{"nothing", func(*repository) {}, "hhhhh"},
		{"file", func(r *repository) { r.write("app/src/main", "other") }, "hhhrr"},
		{"committed", func(r *repository) { r.write("app/src/main", "other"); r.commit("v2") }, "hhhrr"},
		{"forth and back", func(r *repository) {
			r.write("app/src/main", "other")
			r.commit("v2")
			r.write("app/src/main", "main")
		}, "hhhhh"},
		{"file that git does not track", func(r *repository) { r.write("app/src/new", "") }, "hhhrr"},
		{"file outside of the context", func(r *repository) { r.write("readme", "") }, "hhhhh"},
		{"Dockerfile", func(r *repository) {
			r.write("app/Dockerfile", "FROM busybox\nCOPY package.json /\nRUN install\nENV A=1\nCOPY src /src\nRUN build\n")
		}, "hhhnhr"},
		{"base", func(r *repository) { r.write("app/Dockerfile", "FROM alpine\nCOPY package.json /\nRUN install\n") }, "rrr"},
		{"mode that git does not keep", func(r *repository) {
			if err := os.Chmod(r.path("app/src/main"), 0o600); err != nil {
				r.t.Fatal(err)
			}
			if err := os.Chmod(r.path("app/src"), 0o700); err != nil {
				r.t.Fatal(err)
			}
		}, "hhhhh"},
		{"mode that git keeps", func(r *repository) {
			if err := os.Chmod(r.path("app/src/main"), 0o755); err != nil {
				r.t.Fatal(err)
			}
		}, "hhhrr"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if runtime.GOOS == "windows" && strings.HasPrefix(tt.name, "mode") {
				t.Skip("files have no modes there")
			}
			r := newRepository(t)
			tt.edit(r)
			got, _, err := r.since("v1")
			if err != nil || got != tt.want {
				t.Errorf("%s, want %s; %v", got, tt.want, err)
			}
		})
	}
}

func TestSinceRefuses(t *testing.T) {
	r := newRepository(t)
	r.git("rm", "-q", "--cached", "app/Dockerfile")
	r.git("commit", "-qm", "without")
	r.git("tag", "without")
	r.git("rm", "-qr", "--cached", "app")
	r.write("other", "x")
	r.git("add", "other")
	r.git("commit", "-qm", "empty")
	r.git("tag", "empty")
	r.write("app/Dockerfile", "FROM busybox\n")
	r.commit("back")
	for rev, want := range map[string]string{
		"nope":    `has no revision "nope"`,
		"--all":   `has no revision "--all"`,
		"v1:app":  `has no revision "v1:app"`,
		"empty":   "was not there at empty",
		"without": "Dockerfile was not there at without",
		"":        "has no revision",
	} {
		if _, _, err := r.since(rev); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", rev, err, want)
		}
	}
	outside := t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "Dockerfile"), []byte("FROM busybox"), 0o644); err != nil {
		t.Fatal(err)
	}
	src, err := solve.Open(outside, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GIT_CEILING_DIRECTORIES", filepath.Dir(outside))
	if _, _, err := Since(t.Context(), Options{Build: solve.Options{Source: src}}, "HEAD"); err == nil || !strings.Contains(err.Error(), "in no git repository") {
		t.Errorf("outside of a repository: %v", err)
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if src, err = solve.Open(r.path("app"), "", nil); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Since(canceled, Options{Build: solve.Options{Source: src}}, "v1"); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestSinceRunsNothing lets the repository try to run a program.
func TestSinceRunsNothing(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the program is a shell script")
	}
	r := newRepository(t)
	mark := filepath.Join(t.TempDir(), "ran")
	script := "#!/bin/sh\ntouch " + mark + "\ncat\n"
	evil := filepath.Join(t.TempDir(), "evil")
	if err := os.WriteFile(evil, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	r.write(".gitattributes", "*.big filter=big\n")
	r.write("app/src/a.big", "pointer")
	r.commit("v2")
	for _, hook := range []string{"post-index-change", "post-checkout", "reference-transaction"} {
		r.write(".git/hooks/"+hook, script)
		if err := os.Chmod(r.path(".git/hooks/"+hook), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	r.git("config", "core.fsmonitor", evil)
	for _, name := range []string{"smudge", "clean"} {
		r.git("config", "filter.big."+name, evil)
	}
	r.git("config", "filter.big.required", "true")
	os.Remove(mark)
	// The file of the working tree is what the filter made of the stored one.
	got, _, err := r.since("v2")
	if err != nil || got != "hhhhh" {
		t.Errorf("%s, %v", got, err)
	}
	if _, err := os.Stat(mark); err == nil {
		t.Error("the repository's program was run")
	}
}

func TestSinceEdit(t *testing.T) {
	r := newRepository(t)
	src, err := solve.Open(r.path("app"), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ edit, want, warning, err string }{
		{"src/main", "hhhrr", "", ""},
		{"package.json", "hrrrr", "", ""},
		{"Dockerfile", "hhhhh", "an empty line at the end of Dockerfile, which changes no instruction", ""},
		{"none", "", "", "none"},
		{"src", "", "", "it is a folder"},
		{"../readme", "", "", "../readme"},
	} {
		rec, _, err := Since(t.Context(), Options{Build: solve.Options{Source: src}, Edits: []string{tt.edit}}, "v1")
		if tt.err != "" {
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%s: %v", tt.edit, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, s := range rec.Steps {
			got += string(s.Outcome[:1])
		}
		if got != tt.want || !strings.Contains(strings.Join(rec.Warnings, "\n"), tt.warning) {
			t.Errorf("%s: %s, want %s; warnings %q", tt.edit, got, tt.want, rec.Warnings)
		}
	}
}

func TestSinceSubmodule(t *testing.T) {
	r := newRepository(t)
	r.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", r.dir, "app/src/sub")
	r.commit("v2")
	got, rec, err := r.since("v2")
	if err != nil || got != "hhhrr" {
		t.Errorf("%s, %v", got, err)
	}
	if rec == nil || len(rec.Warnings) != 1 || !strings.Contains(rec.Warnings[0], "app/src/sub is a submodule") {
		t.Errorf("%+v", rec.Warnings)
	}
}
