//go:build unix

package buildcontext

import (
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/layerwise/layerwise/analyzer/record"
)

// bigTree makes a folder of 20,000 files, 24 MB in all, in 800 folders. The
// files are old enough for the cache to trust them.
func bigTree(b *testing.B) string {
	b.Helper()
	root := b.TempDir()
	content := make([]byte, 1200)
	for i := range 20_000 {
		dir := filepath.Join(root, fmt.Sprintf("pkg%02d/mod%02d/part%d", i/2000, i/100%20, i/25%4))
		if i%25 == 0 {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				b.Fatal(err)
			}
		}
		copy(content, fmt.Sprint(i))
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("some_source_file_%d.go", i)), content, 0o644); err != nil {
			b.Fatal(err)
		}
	}
	time.Sleep(granularity + 100*time.Millisecond)
	return root
}

// BenchmarkScan compares a scan with a walk that hashes every file, which is
// the least that a build without any cache has to do. The three take turns, so
// that whatever else the machine does slows them alike.
func BenchmarkScan(b *testing.B) {
	root := bigTree(b)
	var bare, first, again time.Duration
	timed := func(sum *time.Duration, do func() error) {
		start := time.Now()
		if err := do(); err != nil {
			b.Fatal(err)
		}
		*sum += time.Since(start)
	}
	for i := 0; b.Loop(); i++ {
		timed(&bare, func() error { return bareWalk(root) })
		opts := Options{Cache: NewStatCache(filepath.Join(b.TempDir(), fmt.Sprint(i)))}
		scan := func() error {
			_, err := Scan(b.Context(), root, opts)
			return err
		}
		timed(&first, scan)
		timed(&again, scan)
	}
	b.ReportMetric(first.Seconds()*1e3/float64(b.N), "first-ms")
	b.ReportMetric(again.Seconds()*1e3/float64(b.N), "again-ms")
	b.ReportMetric(first.Seconds()/bare.Seconds(), "first/bare")
	b.ReportMetric(again.Seconds()/first.Seconds(), "again/first")
}

func bareWalk(root string) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = io.Copy(sha256.New(), f)
		return err
	})
}

func BenchmarkTree(b *testing.B) {
	tree := scanTree(b, bigTree(b), Options{})
	b.Run("Checksum", func(b *testing.B) {
		for b.Loop() {
			if _, err := newTree(tree.entries, nil, nil).Checksum(b.Context(), nil); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Files", func(b *testing.B) {
		for b.Loop() {
			tree.Files()
		}
	})
	b.Run("Select", func(b *testing.B) {
		files := tree.Files()
		for b.Loop() {
			record.Select(files, []record.Selector{{Path: "/pkg0*", Wildcard: true, Exclude: []string{"**/*1.go"}}})
		}
	})
}
