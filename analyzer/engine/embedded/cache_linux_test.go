package embedded_test

import (
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
		if _, err := e.Client().Solve(t.Context(), def, opt, nil); err != nil {
			t.Fatal(err)
		}
		facts, err := e.Facts(t.Context())
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

// What exceeds the bound is collected soon after the start.
func TestKeepBytes(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for the garbage collection")
	}
	root := stateFolder(t)
	e := start(t, embedded.Options{Root: root})
	for _, text := range []string{"1", "2", "3"} {
		solve(t, e, step(step(rootfs(), "write", "/x", text), "fill", "/big", "5000000"), nil)
	}
	if used := diskUsage(t, e); used < 15e6 {
		t.Fatalf("three steps of 5 MB use %d bytes", used)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	const keep = 9e6
	e = start(t, embedded.Options{Root: root, KeepBytes: keep})
	eventually(t, "the cache shrinks to its bound", func() bool { return diskUsage(t, e) <= keep })
	solve(t, e, step(rootfs(), "write", "/x", "1"), nil)
}

func diskUsage(t *testing.T, e *embedded.Engine) int64 {
	t.Helper()
	records, err := e.Client().DiskUsage(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var sum int64
	for _, r := range records {
		sum += r.Size
	}
	return sum
}
