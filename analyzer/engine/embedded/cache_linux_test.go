package embedded_test

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/buildkit/client"
	"github.com/tonistiigi/fsutil"

	"github.com/layerwise/layerwise/analyzer/engine/embedded"
)

// A cache that one engine exports serves another.
func TestLocalCache(t *testing.T) {
	dir := t.TempDir()
	program, err := fsutil.NewFS(stepProgram)
	if err != nil {
		t.Fatal(err)
	}
	build := func(opt client.SolveOpt) built {
		t.Helper()
		e := start(t, embedded.Options{})
		defer e.Close()
		def, err := step(rootfs(), "write", "/x", "x").Marshal(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		opt.LocalMounts = map[string]fsutil.FS{"program": program}
		opt.Ref = "build"
		if _, err := e.Client().Solve(t.Context(), def, opt, nil); err != nil {
			t.Fatal(err)
		}
		facts, err := e.Facts(t.Context(), opt.Ref)
		if err != nil {
			t.Fatal(err)
		}
		return built{facts: facts}
	}
	ran := func(b built) int {
		n := 0
		for _, f := range b.facts {
			n += f.Executions
		}
		return n
	}
	exported := build(client.SolveOpt{CacheExports: []client.CacheOptionsEntry{{Type: "local", Attrs: map[string]string{"dest": dir, "mode": "max"}}}})
	imported := build(client.SolveOpt{CacheImports: []client.CacheOptionsEntry{{Type: "local", Attrs: map[string]string{"src": dir}}}})
	// The transfer of the local folder is the one that always runs.
	if diff := cmp.Diff([]int{3, 1}, []int{ran(exported), ran(imported)}); diff != "" {
		t.Errorf("executions in the exporting and the importing engine (-want +got):\n%s", diff)
	}
}

// What exceeds the bound is collected when the engine is closed, however short
// it ran, and what was used last is kept.
func TestKeepBytes(t *testing.T) {
	for _, snapshotter := range []string{embedded.SnapshotOverlay, embedded.SnapshotNative} {
		t.Run(snapshotter, func(t *testing.T) {
			const size, keep = 5e6, 18e6
			o := embedded.Options{Root: stateFolder(t), Snapshotter: snapshotter, KeepBytes: keep}
			fill := func(name string) built {
				t.Helper()
				e := start(t, o)
				b := solve(t, e, step(rootfs(), "fill", "/"+name, fmt.Sprint(int(size))), nil)
				if err := e.Close(); err != nil {
					t.Fatal(err)
				}
				return b
			}
			for _, name := range []string{"a", "b", "c", "d", "e"} {
				fill(name)
				if used := filesIn(t, o.Root, size); used > keep {
					t.Errorf("after %s the folder holds %d bytes, want %d at most", name, used, int(keep))
				}
			}
			if ran := fill("e").executed(); len(ran) > 0 {
				t.Errorf("what was used last was collected: %q ran", ran)
			}
			if ran := fill("a").executed(); !slices.Contains(ran, "step fill") {
				t.Errorf("what was used first was kept: %q ran", ran)
			}
		})
	}
}

// The disk that a step took before it failed is free once the engine is closed.
func TestFailedStepLeavesNothing(t *testing.T) {
	for _, snapshotter := range []string{embedded.SnapshotOverlay, embedded.SnapshotNative} {
		t.Run(snapshotter, func(t *testing.T) {
			o := embedded.Options{Root: stateFolder(t), Snapshotter: snapshotter}
			const size = 5_000_000
			for range 2 {
				e := start(t, o)
				if _, err := trySolve(t.Context(), e, step(rootfs(), "spill", "/big", fmt.Sprint(size)), nil); err == nil {
					t.Fatal("the step did not fail")
				}
				if err := e.Close(); err != nil {
					t.Fatal(err)
				}
				if left := filesIn(t, o.Root, size); left > 0 {
					t.Errorf("%d bytes of the failed step are left", left)
				}
			}
		})
	}
}

// filesIn sums the files below a folder that have a size.
func filesIn(t *testing.T, dir string, size int64) int64 {
	t.Helper()
	var sum int64
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrPermission) && d.IsDir() && d.Name() == "work" {
			return fs.SkipDir // overlayfs makes it for itself, empty and closed to all
		}
		if err != nil {
			return err
		}
		if !d.Type().IsRegular() {
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if info.Size() == size {
			sum += size
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return sum
}
