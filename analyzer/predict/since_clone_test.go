package predict

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestSinceIsAFreshClone compares the files of a revision with those of a clone of
// it, and what is said of the working tree with how it differs from the clone.
func TestSinceIsAFreshClone(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links and permissions are others there")
	}
	tests := []struct {
		name string
		edit func(r *repository) // after v1 was committed with the text of main as given
		main string
		want string // of v1
	}{
		{"line ends by a later attribute", func(r *repository) {
			r.write(".gitattributes", "main text eol=crlf\n")
			r.commit("v2")
			r.again("app/src/main")
		}, "a\nb\n", "hhhrr"},
		{"line ends by an attribute that is gone", func(r *repository) {
			r.write(".gitattributes", "main text eol=crlf\n")
			r.commit("v2")
			r.git("tag", "-f", "v1")
			r.write(".gitattributes", "")
			r.commit("v3")
			r.again("app/src/main")
		}, "a\nb\n", "hhhrr"},
		{"attribute of a folder", func(r *repository) {
			r.write("app/src/.gitattributes", "* text eol=crlf\n")
			r.commit("v2")
			r.again("app/src/main")
			r.again("app/src/.gitattributes") // which it speaks of too
			r.git("tag", "-f", "v1")
		}, "a\nb\n", "hhhhh"},
		{"attribute that the working tree was not written by", func(r *repository) {
			r.write(".gitattributes", "main text eol=crlf\n")
			r.commit("v2")
			r.git("tag", "-f", "v1")
			r.write("app/src/main", "a\nb\n")
		}, "a\nb\n", "hhhrr"},
		{"attribute that is not committed", func(r *repository) { r.write(".gitattributes", "main text eol=crlf\n") }, "a\nb\n", "hhhhh"},
		{"attributes of this repository alone", func(r *repository) {
			r.write(".git/info/attributes", "main text eol=crlf\n")
			r.again("app/src/main")
		}, "a\nb\n", "hhhrr"},
		{"line ends by a setting of this repository alone", func(r *repository) {
			r.git("config", "core.autocrlf", "true")
			r.again("app/src/main")
		}, "a\nb\n", "hhhrr"},
		{"line ends by everybody's setting", func(r *repository) {
			r.git("config", "--global", "core.autocrlf", "true")
			r.again("app/src/main")
			r.again("app/Dockerfile")
			r.again("app/package.json")
		}, "a\nb\n", "hhhhh"},
		{"everybody's setting, and a tree from before it", func(r *repository) { r.git("config", "--global", "core.autocrlf", "true") }, "a\nb\n", "hhhrr"},
		{"ident", func(r *repository) {
			r.write(".gitattributes", "main ident\n")
			r.commit("v2")
			r.again("app/src/main")
		}, "$Id$\n", "hhhrr"},
		{"ident in both", func(r *repository) {
			r.write(".gitattributes", "main ident\n")
			r.commit("v2")
			r.git("tag", "-f", "v1")
			r.again("app/src/main")
		}, "$Id$\n", "hhhhh"},
		{"encoding", func(r *repository) {
			r.write(".gitattributes", "main text working-tree-encoding=UTF-16LE\n")
			r.git("add", ".gitattributes")
			r.git("commit", "-qm", "v2")
			r.again("app/src/main")
		}, "ä\n", "hhhrr"},
		{"what archives alone are given", func(r *repository) {
			r.write(".gitattributes", "main export-subst export-ignore\n")
			r.commit("v2")
			r.again("app/src/main")
		}, "$Format:%H$\n", "hhhhh"},
		{"links that are files here", func(r *repository) {
			r.link("app/src/link", "main")
			r.commit("v2")
			r.git("tag", "-f", "v1")
			r.git("config", "core.symlinks", "false")
			r.again("app/src/link")
		}, "a\n", "hhhrr"},
		{"permission that git was told not to look at", func(r *repository) {
			r.git("config", "core.fileMode", "false")
			if err := os.Chmod(r.path("app/src/main"), 0o755); err != nil {
				r.t.Fatal(err)
			}
		}, "a\n", "hhhrr"},
		{"file that git was told not to look at", func(r *repository) {
			r.git("update-index", "--assume-unchanged", "app/src/main")
			r.write("app/src/main", "other")
		}, "a\n", "hhhrr"},
		{"files that are not checked out", func(r *repository) {
			r.git("config", "core.sparseCheckout", "true")
			r.write(".git/info/sparse-checkout", "/*\n!app/src/other\n")
			r.write("app/src/other", "o")
			r.git("add", "-f", "--sparse", ".")
			r.git("commit", "-qm", "v2")
			r.git("tag", "-f", "v1")
			r.git("read-tree", "-mu", "HEAD")
		}, "a\n", "hhhrr"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRepository(t)
			r.write("app/src/main", tt.main)
			r.git("add", "-A")
			r.git("commit", "-qm", "first")
			r.git("tag", "-f", "v1")
			tt.edit(r)
			if got, _, err := r.since("v1"); err != nil || got != tt.want {
				t.Errorf("%s, want %s; %v", got, tt.want, err)
			}
			cloned, written := t.TempDir(), filepath.Join(t.TempDir(), filesName)
			if out, err := exec.Command("git", "clone", "-q", "--branch", "v1", r.dir, cloned).CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			rev, err := openRevision(t.Context(), r.path("app"), "v1")
			if err != nil {
				t.Fatal(err)
			}
			if err := rev.checkOut(t.Context(), written, []string{r.path("app")}); err != nil {
				t.Fatal(err)
			}
			if want, got := listed(t, filepath.Join(cloned, "app")), listed(t, filepath.Join(written, "app")); got != want {
				t.Errorf("a clone has\n%s\nand not\n%s", want, got)
			}
		})
	}
}

// again has git write a file of the working tree anew, as it is configured now.
func (r *repository) again(name string) {
	r.t.Helper()
	if err := os.Remove(r.path(name)); err != nil {
		r.t.Fatal(err)
	}
	r.git("checkout", "-q", "--", name)
}

func (r *repository) link(name, target string) {
	r.t.Helper()
	if err := os.Symlink(target, r.path(name)); err != nil {
		r.t.Fatal(err)
	}
}

// listed has the files of a folder with their contents, and of their permissions what
// git keeps.
func listed(t *testing.T, dir string) string {
	t.Helper()
	var out strings.Builder
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(dir, path)
		if info.Mode()&fs.ModeSymlink != 0 {
			target, err := os.Readlink(path)
			fmt.Fprintf(&out, "%s -> %s\n", rel, target)
			return err
		}
		text, err := os.ReadFile(path)
		fmt.Fprintf(&out, "%s %v %q\n", rel, info.Mode()&0o100 != 0, text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// Of a file that a filter makes it is not known what it was, once it has changed.
func TestSinceFiltered(t *testing.T) {
	r := newRepository(t)
	r.git("config", "filter.big.smudge", "cat")
	r.git("config", "filter.big.clean", "cat")
	r.write(".gitattributes", "*.big filter=big\n*.lfs filter=lfs\n*.none filter=none\n")
	for _, name := range []string{"a.big", "b.lfs", "c.none"} {
		r.write("app/src/"+name, "stored")
	}
	r.commit("v2")
	if got, rec, err := r.since("v2"); err != nil || got != "hhhhh" || len(rec.Warnings) > 0 {
		t.Errorf("unchanged: %s, %v", got, err)
	}
	for _, name := range []string{"a.big", "b.lfs", "c.none"} {
		r.write("app/src/"+name, "other")
		got, rec, err := r.since("v2")
		if err != nil {
			t.Fatal(err)
		}
		want, warned := "hhhuu", 1
		if name == "c.none" { // nobody defines it, so that git stores the file as it is
			want, warned = "hhhrr", 0
		}
		if got != want || len(rec.Warnings) != warned || warned > 0 && !strings.Contains(rec.Warnings[0], "app/src/"+name+" passes through git's filter") {
			t.Errorf("%s: %s, want %s; warnings %q", name, got, want, rec.Warnings)
		}
		r.write("app/src/"+name, "stored")
		r.git("update-index", "-q", "--refresh") // the file is as it was, and git knows it
	}
}
