package buildcontext

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/layerwise/layerwise/analyzer/record"
)

// TestSumsAreThoseOfTheFiles scans with a cache while files change, and compares
// every checksum with that of a scan without one.
func TestSumsAreThoseOfTheFiles(t *testing.T) {
	root, cache := t.TempDir(), NewStatCache(t.TempDir())
	write := func(name, content string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(root, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	check := func(what string) {
		t.Helper()
		for _, selectors := range [][]record.Selector{nil, {{Path: "/a"}}, {{Path: "/*", Wildcard: true}}} {
			for range 2 { // computed, then remembered
				cached, err := Scan(t.Context(), root, Options{Cache: cache})
				if err != nil {
					t.Fatal(err)
				}
				got, err := cached.Checksum(t.Context(), selectors)
				if err != nil {
					t.Fatal(err)
				}
				fresh, err := Scan(t.Context(), root, Options{})
				if err != nil {
					t.Fatal(err)
				}
				if want, err := fresh.Checksum(t.Context(), selectors); err != nil || got != want {
					t.Errorf("%s: %v: got %s, want %s (%v)", what, selectors, got, want, err)
				}
			}
		}
	}
	write("a", "one")
	check("new")
	write("a", "two")
	check("content changed")
	write("b", "b")
	check("file added")
	if err := os.Chmod(filepath.Join(root, "b"), 0o755); err != nil {
		t.Fatal(err)
	}
	check("mode changed")
	files, err := filepath.Glob(filepath.Join(cache.dir, "*.sums.stat"))
	if err != nil || len(files) != 1 {
		t.Fatalf("no remembered checksums: %v %v", files, err)
	}
	if err := os.WriteFile(files[0], []byte(`{"tree":"`), 0o600); err != nil {
		t.Fatal(err)
	}
	check("damaged")
}
