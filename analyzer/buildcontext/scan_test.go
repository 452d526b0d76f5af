//go:build unix

package buildcontext

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/moby/buildkit/cache/contenthash"
	"github.com/tonistiigi/fsutil"

	"github.com/layerwise/layerwise/analyzer/record"
)

func scanTree(t testing.TB, root string, opts Options) *Tree {
	t.Helper()
	tree, err := Scan(t.Context(), root, opts)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func paths(tree record.Tree) string {
	var all []string
	for _, f := range tree {
		all = append(all, f.Path)
	}
	return strings.Join(all, " ")
}

// sumOf is the checksum of one selector, "" and the error's text where there
// is none.
func sumOf(ctx context.Context, contents contenthash.CacheContext, s record.Selector) string {
	sum, err := contents.Checksum(ctx, unmounted{}, path.Join("/", s.Path), contenthash.ChecksumOpts{
		FollowLinks: s.Follow, Wildcard: s.Wildcard,
		IncludePatterns: s.Include, ExcludePatterns: s.Exclude, RequiredPaths: s.Required,
	}, nil)
	if err != nil {
		return "error: " + err.Error()
	}
	return sum.String()
}

// selectorsOfSomeTree are selectors for someTree, in all the forms that
// instructions make.
var selectorsOfSomeTree = []record.Selector{
	{}, {Path: "/"}, {Path: "/", Follow: true}, {Path: "/src"}, {Path: "/src", Follow: true}, {Path: "/src/"}, {Path: "src/main.go"},
	{Path: "/src/../src/lib"}, {Path: "/missing"}, {Path: "/src/missing"}, {Path: "/empty"}, {Path: "/deep"}, {Path: "/zero"}, {Path: "/run.sh"},
	{Path: "/link"}, {Path: "/link", Follow: true}, {Path: "/dirlink"}, {Path: "/dirlink", Follow: true}, {Path: "/dirlink/main.go"},
	{Path: "/abs", Follow: true}, {Path: "/broken"}, {Path: "/broken", Follow: true}, {Path: "/loop1"}, {Path: "/loop1", Follow: true},
	{Path: "/up", Follow: true}, {Path: "/src/self/self/lib"}, {Path: "/chain", Follow: true}, {Path: "/hard"}, {Path: "/src/lib/hard2"},
	{Path: "/pipe"}, {Path: "/sock"}, {Path: "/sp\tace\nnewline"}, {Path: "/ünï"}, {Path: "/bad\xff"}, {Path: "/star*[a]"},
	{Path: "/*.md", Wildcard: true}, {Path: "/*.go", Wildcard: true}, {Path: "/src/*.go", Wildcard: true, Follow: true},
	{Path: "/src*", Wildcard: true}, {Path: "/s??/*", Wildcard: true}, {Path: "/*link", Wildcard: true, Follow: true}, {Path: "/*link", Wildcard: true},
	{Path: "/dirlink/*.go", Wildcard: true, Follow: true}, {Path: "/*/lib/*", Wildcard: true}, {Path: "/[", Wildcard: true}, {Path: "/*", Wildcard: true},
	{Path: "/star\\*\\[a\\]", Wildcard: true}, {Path: "/-*", Wildcard: true},
	{Path: "/src", Exclude: []string{"*_test.go"}}, {Path: "/src", Exclude: []string{"lib"}}, {Path: "/", Exclude: []string{"**/*.go", "!**/main.go"}},
	{Path: "/src", Include: []string{"lib/*.go"}}, {Path: "/", Include: []string{"**/*.txt"}, Exclude: []string{"src.txt"}},
	{Path: "/src/*", Wildcard: true, Exclude: []string{"lib"}}, {Path: "/src*", Wildcard: true, Exclude: []string{"**/*.go"}},
	{Path: "/dirlink", Exclude: []string{"lib"}, Follow: true}, {Path: "/link", Exclude: []string{"x"}, Follow: true}, {Path: "/", Exclude: []string{"src"}, Follow: true},
	{Path: "/src", Include: []string{"lib/a.go"}, Required: []string{"/src/lib/a.go"}}, {Path: "/src", Include: []string{"lib/a.go"}, Required: []string{"/src/none"}},
	{Path: "/", Exclude: []string{"["}}, {Path: "/empty", Exclude: []string{"x"}}, {Path: "/missing", Exclude: []string{"x"}}, {Path: "/none*", Wildcard: true},
}

func TestChecksumEqualsTransfer(t *testing.T) {
	root := someTree(t)
	for name, opts := range map[string]Options{
		"everything":          {},
		"ignored":             {Exclude: []string{"*.md", "src/lib", "!src/lib/a.go", "**/*_test.go"}},
		"link source ignored": {Exclude: []string{"hard", "src/main.go"}},
		"followed":            {FollowPaths: []string{"dirlink/main.go", "chain", "run.sh", "missing", "src-*"}},
		"included":            {Include: []string{"src/**/*.go", "deep"}},
		"both":                {FollowPaths: []string{"src", "empty"}, Exclude: []string{"**/*.go"}},
		"root":                {FollowPaths: []string{"."}, Exclude: []string{"src"}},
	} {
		t.Run(name, func(t *testing.T) {
			engine := transfer(t, root, opts)
			tree := scanTree(t, root, opts)
			ours, err := tree.contents()
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range selectorsOfSomeTree {
				if got, want := sumOf(t.Context(), ours, s), sumOf(t.Context(), engine, s); got != want {
					t.Errorf("%+v: %s here, %s there", s, got, want)
				}
			}
			for _, f := range tree.Files() {
				if f.Type == "dir" { // a folder's own digest cannot be asked for
					continue
				}
				if want := sumOf(t.Context(), engine, record.Selector{Path: f.Path}); f.Digest != want {
					t.Errorf("%s: %s here, %s there", f.Path, f.Digest, want)
				}
			}
		})
	}
}

func TestChecksumOfSelectors(t *testing.T) {
	tree := scanTree(t, someTree(t), Options{})
	sum := func(selectors ...record.Selector) string {
		got, err := tree.Checksum(t.Context(), selectors)
		if err != nil {
			t.Fatal(err)
		}
		return got.String()
	}
	a, b := record.Selector{Path: "/src"}, record.Selector{Path: "/README.md"}
	if sum() != sum(record.Selector{}) || sum() != sum(record.Selector{Path: "/"}) {
		t.Error("no selectors are not everything")
	}
	if sum(a, b) == sum(b, a) || sum(a) == sum(a, b) {
		t.Error("the list does not count")
	}
	if _, err := tree.Checksum(t.Context(), []record.Selector{{Path: "/missing"}}); err == nil || !strings.Contains(err.Error(), "/missing") {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := tree.Checksum(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// TestScanEqualsFilters compares the parallel walk with fsutil's filters.
func TestScanEqualsFilters(t *testing.T) {
	rounds := 400
	if testing.Short() {
		rounds = 50
	}
	r := rand.New(rand.NewPCG(1, 2))
	for round := range rounds {
		root := randomTree(t, r)
		var opts Options
		if r.IntN(2) == 0 {
			opts.Exclude = randomPatterns(r, true)
		}
		switch r.IntN(3) {
		case 0:
			opts.Include = randomPatterns(r, true)
		case 1:
			opts.FollowPaths = randomPatterns(r, false)
		}
		source, err := fsutil.NewFS(root)
		if err != nil {
			t.Fatal(err)
		}
		want, wantErr := ScanFS(t.Context(), source, opts)
		got, gotErr := Scan(t.Context(), root, opts)
		if (gotErr == nil) != (wantErr == nil) {
			t.Fatalf("round %d, %+v: %v here, %v there", round, opts, gotErr, wantErr)
		}
		if gotErr != nil {
			continue
		}
		if diff := cmp.Diff(want.entries, got.entries, cmp.AllowUnexported(entry{}), cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("round %d, %+v: (-fsutil +ours)\n%s", round, opts, diff)
		}
	}
}

// TestSelectIsWhatCounts changes each file's digest in turn: the checksum
// changes if and only if the file is selected.
func TestSelectIsWhatCounts(t *testing.T) {
	rounds := 150
	if testing.Short() {
		rounds = 30
	}
	r := rand.New(rand.NewPCG(3, 4))
	check := func(tree *Tree, s record.Selector) {
		selectors := []record.Selector{s}
		want, err := tree.Checksum(t.Context(), selectors)
		if err != nil {
			return // the build refuses it
		}
		selected := map[string]bool{}
		for _, f := range tree.Select(selectors) {
			selected[f.Path] = true
		}
		for i := range tree.entries {
			changed := slices.Clone(tree.entries)
			changed[i].digest[0] ^= 0xFF
			got, err := newTree(changed, nil, nil).Checksum(t.Context(), selectors)
			if err != nil {
				t.Fatal(err)
			}
			if p := tree.entries[i].path; (got != want) != selected[p] {
				t.Errorf("%+v of %s: %q counts: %v, selected: %v", s, paths(tree.Files()), p, got != want, selected[p])
			}
		}
	}
	some := scanTree(t, someTree(t), Options{})
	for _, s := range selectorsOfSomeTree {
		check(some, s)
	}
	for range rounds {
		tree := scanTree(t, randomTree(t, r), Options{})
		for range 6 {
			s := record.Selector{Path: "/" + strings.TrimSuffix(randomPatterns(r, false)[0], "/**"), Follow: r.IntN(2) == 0}
			s.Wildcard = strings.ContainsAny(s.Path, "*?[") && r.IntN(4) > 0
			if r.IntN(3) == 0 {
				s.Exclude = randomPatterns(r, true)
			}
			if r.IntN(4) == 0 {
				s.Include = randomPatterns(r, true)
			}
			check(tree, s)
		}
	}
}

func TestFiles(t *testing.T) {
	root := makeTree(t, "b/a.txt = 12345", "b.txt = x", "b/c -> a.txt", "b : 0750", "p |", "s %", "b/a.txt : 2755", "e/")
	tree := scanTree(t, root, Options{})
	got := tree.Files()
	for i := range got {
		if !strings.HasPrefix(got[i].Digest, "sha256:") || len(got[i].Digest) != 71 {
			t.Errorf("%s has digest %q", got[i].Path, got[i].Digest)
		}
		if regular := got[i].Type == "file" && got[i].Path != "s"; regular != (got[i].MTime > 0) {
			t.Errorf("%s was written at %d", got[i].Path, got[i].MTime)
		}
		got[i].Digest, got[i].MTime = "", 0
	}
	want := record.Tree{
		{Path: "b", Type: "dir", Mode: 0o750},
		{Path: "b.txt", Type: "file", Mode: 0o644, Size: 1},
		{Path: "b/a.txt", Type: "file", Mode: 0o2755, Size: 5},
		{Path: "b/c", Type: "symlink", Mode: 0o777, Size: 5, Target: "a.txt"},
		{Path: "e", Type: "dir", Mode: 0o755},
		{Path: "p", Type: "fifo", Mode: 0o644},
		{Path: "s", Type: "file", Mode: got[6].Mode},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if len(tree.Unstable)+len(tree.Unreadable) != 0 {
		t.Errorf("unstable: %q, unreadable: %q", tree.Unstable, tree.Unreadable)
	}
	if got := paths(tree.Select([]record.Selector{{Path: "/b"}})); got != "b b/a.txt b/c" {
		t.Errorf("/b selects %s", got)
	}
}

func TestScanErrors(t *testing.T) {
	root := makeTree(t, "file = x", "link -> file")
	for name, folder := range map[string]string{"missing": root + "/none", "a file": root + "/file", "a link to a file": root + "/link"} {
		_, err := Scan(t.Context(), folder, Options{})
		if err == nil || !strings.Contains(err.Error(), "build context") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, opts := range map[string]Options{"include": {Include: []string{"["}}, "exclude": {Exclude: []string{"a["}}, "exception": {Exclude: []string{"!"}}} {
		if _, err := Scan(t.Context(), root, opts); err == nil || !strings.Contains(err.Error(), "pattern") {
			t.Errorf("%s: %v", name, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Scan(ctx, root, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
	if tree, err := Scan(t.Context(), t.TempDir(), Options{}); err != nil || len(tree.Files()) != 0 {
		t.Errorf("empty: %v", err)
	}
}

func TestScanWideAndDeep(t *testing.T) {
	root := t.TempDir()
	for i := range 3*chunk + 7 {
		if err := os.WriteFile(fmt.Sprintf("%s/f%04d", root, i), []byte(fmt.Sprint(i)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	deep := root
	for range 15 {
		deep += "/" + strings.Repeat("d", 250)
	}
	if err := os.MkdirAll(deep, 0o755); err != nil {
		t.Fatal(err)
	}
	cache := NewStatCache(t.TempDir())
	source, err := fsutil.NewFS(root)
	if err != nil {
		t.Fatal(err)
	}
	want, err := ScanFS(t.Context(), source, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		got := scanTree(t, root, Options{Cache: cache})
		if diff := cmp.Diff(want.entries, got.entries, cmp.AllowUnexported(entry{}), cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("(-fsutil +ours)\n%s", diff)
		}
	}
	// Longer than the system takes: made step by step, as an attacker would.
	t.Chdir(deep)
	for range 4 {
		name := strings.Repeat("x", 250)
		if err := os.Mkdir(name, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chdir(name); err != nil {
			t.Fatal(err)
		}
	}
	var tooLong *fs.PathError
	if _, err := Scan(t.Context(), root, Options{}); !errors.As(err, &tooLong) {
		t.Errorf("got %v", err)
	}
	for range 4 { // removing the folder needs short names too
		if err := os.Chdir(".."); err != nil {
			t.Fatal(err)
		}
		if err := os.RemoveAll(strings.Repeat("x", 250)); err != nil {
			t.Fatal(err)
		}
	}
}
