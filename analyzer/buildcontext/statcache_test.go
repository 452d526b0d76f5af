//go:build unix

package buildcontext

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/layerwise/layerwise/analyzer/record"
)

// old waits until the cache trusts what was written before.
func old() { time.Sleep(granularity + 50*time.Millisecond) }

// forge changes the digest that the cache has of every file by one bit, so
// that a scan shows which of them it took from there.
func forge(t *testing.T, cache *StatCache, root string) (names []string) {
	t.Helper()
	known := cache.load(root)
	out := newStatWriter(root)
	for path, block := range known.folders {
		for k := (knownFolder{rest: block.entries}); ; {
			name, _, fixed, size := k.next()
			if size == 0 {
				break
			}
			names = append(names, filepath.Join(path, string(name)))
			fixed[fixedSize-1] ^= 1 // a part of block.entries
			k.rest = k.rest[size:]
		}
		out.block(path, block.age, block.entries)
	}
	cache.store(root, out.finish())
	return names
}

// fromCache returns the files whose digests a scan took from a forged cache.
func fromCache(t *testing.T, root string, opts Options) string {
	t.Helper()
	forge(t, opts.Cache, root)
	got := scanTree(t, root, opts).Files()
	forge(t, opts.Cache, root)
	opts.Cache = nil
	var taken record.Tree
	for i, f := range scanTree(t, root, opts).Files() {
		if f.Digest != got[i].Digest {
			taken = append(taken, f)
		}
	}
	return paths(taken)
}

func TestStatCache(t *testing.T) {
	t.Parallel() // it waits
	root := makeTree(t, "a = one", "b = two", "l -> a", "d/c = three", "d/e/f = x", "empty/", "pipe |")
	cache := NewStatCache(filepath.Join(t.TempDir(), "made", "later"))
	opts := Options{Cache: cache}
	old()
	want := scanTree(t, root, opts).Files()
	if diff := cmp.Diff(want, scanTree(t, root, opts).Files()); diff != "" {
		t.Fatalf("(-first +again)\n%s", diff)
	}
	if got, want := fromCache(t, root, opts), "a b d d/c d/e d/e/f empty l pipe"; got != want {
		t.Errorf("from the cache: %s, want %s", got, want)
	}

	// Another content of the same size and time of modification.
	info, err := os.Stat(filepath.Join(root, "a"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "a"), []byte("eno"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(filepath.Join(root, "a"), info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(root, "d/c"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, want := fromCache(t, root, opts), "b d d/e d/e/f empty l pipe"; got != want {
		t.Errorf("after changes, from the cache: %s, want %s", got, want)
	}
	changes := record.DiffTrees(want, scanTree(t, root, opts).Files())
	if diff := cmp.Diff([]record.Change{{Path: "a", Kind: record.ContentChanged}, {Path: "d/c", Kind: record.ModeChanged}}, changes); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestStatCacheForgetsYoungFiles: a file that was written a moment before the
// scan may be written again without a trace.
func TestStatCacheForgetsYoungFiles(t *testing.T) {
	t.Parallel() // it waits
	root := makeTree(t, "old = x")
	old()
	if err := makeFile(t, root, "young = y"); err != nil {
		t.Fatal(err)
	}
	future := time.Now().Add(time.Hour)
	if err := makeFile(t, root, "future = y"); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(filepath.Join(root, "future"), future, future); err != nil {
		t.Fatal(err)
	}
	opts := Options{Cache: NewStatCache(t.TempDir())}
	scanTree(t, root, opts)
	if got := fromCache(t, root, opts); got != "old" {
		t.Errorf("from the cache: %s", got)
	}
	old()
	scanTree(t, root, opts)
	if got := fromCache(t, root, opts); got != "old young" {
		t.Errorf("later, from the cache: %s", got)
	}
}

// TestStatCacheKeepsOthers: scans with other patterns share one file.
func TestStatCacheKeepsOthers(t *testing.T) {
	t.Parallel() // it waits
	root := makeTree(t, "a = 1", "b.md = 2", "d/c = 3", "gone/x = 4", "x.md = 5")
	cache := NewStatCache(t.TempDir())
	old()
	scanTree(t, root, Options{Cache: cache})
	if err := os.RemoveAll(filepath.Join(root, "gone")); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(root, "x.md")); err != nil {
		t.Fatal(err)
	}
	if err := makeFile(t, root, "new = 6"); err != nil {
		t.Fatal(err)
	}
	old()
	scanTree(t, root, Options{Cache: cache, Exclude: []string{"*.md", "d"}})
	if got := fromCache(t, root, Options{Cache: cache}); got != "a b.md d d/c new" {
		t.Errorf("from the cache: %s", got)
	}
	for range maxFolderAge + 1 {
		known := cache.load(root)
		if names := cache.load(root).folder("d"); len(names.rest) == 0 {
			t.Fatal("a folder was forgotten at once")
		}
		s := &scan{root: root, cache: cache, known: known, start: time.Now(), top: &folder{}}
		s.top.files = []file{{name: "a", keep: true, hashed: true, id: identity{fixed: true}}}
		s.saveCache()
		if len(cache.load(root).folder("gone").rest) == 0 {
			return
		}
	}
	t.Error("a folder that is gone is remembered for ever")
}

func TestStatCacheDamaged(t *testing.T) {
	t.Parallel() // it waits
	root := makeTree(t, "a = 1", "d/b = 2", "l -> a")
	cache := NewStatCache(t.TempDir())
	opts := Options{Cache: cache}
	old()
	want := scanTree(t, root, opts).Files()
	good, err := os.ReadFile(cache.path(root))
	if err != nil {
		t.Fatal(err)
	}
	try := func(data []byte) {
		t.Helper()
		if err := os.WriteFile(cache.path(root), data, 0o600); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, scanTree(t, root, opts).Files()); diff != "" {
			t.Fatalf("(-want +got)\n%s", diff)
		}
	}
	for i := range good {
		if i%7 == 0 {
			try(good[:i])
			flipped := bytes.Clone(good)
			flipped[i] ^= 0x10
			try(flipped)
		}
	}
	// What has a right checksum may still make no sense.
	for i := range good {
		if i%5 == 0 && i > len(statMagic) {
			parsed := statWriter{data: append(bytes.Clone(good[:i]), 0xFF, 0xFF, 0xFF, 0xFF, 0x7F)}
			try(parsed.finish())
		}
	}
	// A folder, or nothing that can be written, in its place.
	if err := os.Remove(cache.path(root)); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(cache.path(root)+"/x", 0o700); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, scanTree(t, root, opts).Files()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	blocked := Options{Cache: NewStatCache(filepath.Join(root, "a", "below a file"))}
	if diff := cmp.Diff(want, scanTree(t, root, blocked).Files()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestStatCachePrunes(t *testing.T) {
	cache := NewStatCache(t.TempDir())
	for _, name := range []string{"dead.stat", ".tmp-1", "foreign.txt", "fresh.stat"} {
		path := filepath.Join(cache.dir, name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if name != "fresh.stat" {
			then := time.Now().Add(-2 * staleAfter)
			if err := os.Chtimes(path, then, then); err != nil {
				t.Fatal(err)
			}
		}
	}
	cache.store("/root", []byte("x"))
	left, err := os.ReadDir(cache.dir)
	if err != nil || len(left) != 3 {
		t.Errorf("left: %v, %v", left, err)
	}
}

func FuzzParseStatFile(f *testing.F) {
	w := newStatWriter("/r")
	w.block("a", 1, bytes.Repeat([]byte{1, 'x'}, 60))
	f.Add(w.data)
	f.Fuzz(func(t *testing.T, data []byte) {
		// The checksum stands between accidents and the rest; go past it.
		known, err := parseStatFile((&statWriter{data: data}).finish(), "/r")
		if err != nil {
			return
		}
		for path := range known.folders {
			k := known.folder(path)
			k.find(&file{name: "zzz"})
		}
	})
}
