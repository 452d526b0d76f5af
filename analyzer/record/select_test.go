package record

import (
	"slices"
	"strings"
	"testing"
)

// Package buildcontext compares Select with BuildKit's checksums; here are the
// plain cases.
func TestSelect(t *testing.T) {
	tree := Tree{}
	for _, line := range strings.Fields(`Dockerfile abs->/src/lib dirlink->src docs/ docs/a.md empty/ link->src/main.go loop->loop
		src.txt src/ src/lib/ src/lib/a.go src/lib/b.txt src/main.go src/main_test.go`) {
		name, target, isLink := strings.Cut(line, "->")
		file := File{Path: strings.TrimSuffix(name, "/"), Type: "file", Target: target}
		switch {
		case isLink:
			file.Type = "symlink"
		case strings.HasSuffix(name, "/"):
			file.Type = "dir"
		}
		tree = append(tree, file)
	}
	slices.SortFunc(tree, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	for _, c := range []struct {
		selector Selector
		want     string
	}{
		{Selector{Path: "/src/lib"}, "src/lib src/lib/a.go src/lib/b.txt"},
		{Selector{Path: "src/lib/"}, "src/lib src/lib/a.go src/lib/b.txt"},
		{Selector{Path: "/src"}, "src src/lib src/lib/a.go src/lib/b.txt src/main.go src/main_test.go"},
		{Selector{Path: "/empty"}, "empty"},
		{Selector{Path: "/none"}, ""},
		{Selector{Path: "/link"}, "link"},
		{Selector{Path: "/link", Follow: true}, "src/main.go"},
		{Selector{Path: "/dirlink/lib"}, "src/lib src/lib/a.go src/lib/b.txt"},
		{Selector{Path: "/abs", Follow: true}, "src/lib src/lib/a.go src/lib/b.txt"},
		{Selector{Path: "/loop", Follow: true}, ""},
		{Selector{Path: "/*.txt", Wildcard: true}, "src.txt"},
		{Selector{Path: "/src*", Wildcard: true, Exclude: []string{"**/*.go"}}, "src src.txt src/lib src/lib/b.txt"},
		{Selector{Path: "/*/*.go", Wildcard: true}, "src/main.go src/main_test.go"},
		{Selector{Path: "/dirlink/*.go", Wildcard: true}, "src/main.go src/main_test.go"},
		{Selector{Path: "/", Exclude: []string{"src", "*link", "abs", "loop"}}, "Dockerfile docs docs/a.md empty src.txt"},
		{Selector{Path: "/src", Include: []string{"lib/*.go"}}, "src src/lib src/lib/a.go"},
		{Selector{Path: "/src", Exclude: []string{"["}}, ""},
	} {
		var got []string
		for _, f := range Select(tree, []Selector{c.selector}) {
			got = append(got, f.Path)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%+v selects %q, want %q", c.selector, got, c.want)
		}
	}
	if got := Select(tree, nil); len(got) != len(tree) {
		t.Errorf("no selectors pick %d of %d", len(got), len(tree))
	}
	two := Select(tree, []Selector{{Path: "/src/main.go"}, {Path: "/docs"}, {Path: "/src/main.go"}})
	if len(two) != 3 || two[0].Path != "docs" {
		t.Errorf("two selectors pick %v", two)
	}
	if Select(nil, []Selector{{Path: "/a"}, {Path: "/*", Wildcard: true}}) != nil {
		t.Error("something was picked from nothing")
	}
}
