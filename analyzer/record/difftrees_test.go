package record

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDiffTrees(t *testing.T) {
	file := func(path, digest string, size int64) File {
		return File{Path: path, Type: "file", Mode: 0o644, Size: size, Digest: digest}
	}
	dir := func(path string) File { return File{Path: path, Type: "dir", Mode: 0o755} }
	link := func(path, target string) File { return File{Path: path, Type: "symlink", Mode: 0o777, Target: target} }
	mode := func(f File, m uint32) File { f.Mode, f.Digest = m, f.Digest+"m"; return f }
	cases := []struct {
		name     string
		old, new Tree
		want     []Change
	}{
		{"nothing", Tree{dir("a"), file("a/b", "1", 1)}, Tree{dir("a"), file("a/b", "1", 1)}, nil},
		{"from nothing", nil, Tree{dir("a"), file("a.txt", "1", 1), file("a/b", "1", 1), dir("c")},
			[]Change{{"a.txt", Added}, {"a/b", Added}, {"c", Added}}},
		{"to nothing", Tree{dir("a"), dir("a/e"), file("b", "1", 1)}, nil, []Change{{"a/e", Removed}, {"b", Removed}}},
		{"content", Tree{file("a", "1", 1), file("b", "2", 1)}, Tree{file("a", "9", 1), file("b", "2", 7)},
			[]Change{{"a", ContentChanged}, {"b", ContentChanged}}},
		{"mode", Tree{dir("a"), file("b", "1", 1)}, Tree{mode(dir("a"), 0o700), mode(file("b", "1", 1), 0o755)},
			[]Change{{"a", ModeChanged}, {"b", ModeChanged}}},
		{"mode and content", Tree{file("b", "1", 1)}, Tree{mode(file("b", "1", 2), 0o755)}, []Change{{"b", ContentChanged}}},
		{"target", Tree{link("a", "x")}, Tree{link("a", "y")}, []Change{{"a", TargetChanged}}},
		{"type", Tree{file("a", "1", 1)}, Tree{dir("a"), file("a/b", "1", 1)}, []Change{{"a", TypeChanged}, {"a/b", Added}}},
		{"unknown digest", Tree{file("a", "", 1), file("b", "1", 1)}, Tree{file("a", "1", 1), file("b", "", 2)},
			[]Change{{"b", ContentChanged}}},
		{"rename", Tree{file("a", "1", 1), file("c", "2", 1)}, Tree{file("b", "1", 1), file("c", "2", 1)},
			[]Change{{"a", Removed}, {"b", Added}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, DiffTrees(c.old, c.new)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
