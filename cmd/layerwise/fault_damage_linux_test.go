package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A record that cannot be read is set aside with a warning, and the build goes
// on without it.
func TestFaultDamagedRecord(t *testing.T) {
	damages := map[string]func(path string) error{
		"cut short": func(path string) error { return os.Truncate(path, 100) },
		"empty":     func(path string) error { return os.Truncate(path, 0) },
		"garbage": func(path string) error {
			return os.WriteFile(path, []byte(strings.Repeat("\x00\xff\x1b[31m", 1000)), 0o600)
		},
	}
	w := newWorld(t, 0)
	w.dockerfile("RUN true")
	w.ok("build", "--offline", "context")
	for name, damage := range damages {
		t.Run(name, func(t *testing.T) {
			for path := range w.files() {
				if strings.HasSuffix(path, ".json.zst") {
					w.must(damage(w.path(path)))
				}
			}
			o := w.ok("build", "--offline", "context")
			o.wants(t, 0, "warning:", "damaged")
			if strings.Contains(o.stderr, "\x1b") {
				t.Errorf("an escape sequence of the damaged record reached the terminal: %q", o.stderr)
			}
			if o = w.ok("build", "--offline", "context"); strings.Contains(o.stderr, "damaged") {
				t.Errorf("the second build still warns:\n%s", o.stderr)
			}
			w.ok("history", "list")
		})
	}
}

// What is stored of the engine may be damaged. A build works with what is left,
// or says what to remove; after that it works.
func TestFaultDamagedEngine(t *testing.T) {
	w := newWorld(t, 0)
	w.dockerfile("RUN true")
	garbage := []byte(strings.Repeat("garbage\n", 4096))
	for i, tt := range []struct{ name, damage string }{
		{"cache.db", "cut short"},
		{"runc-overlayfs/metadata_v2.db", "garbage"},
		{"cache.db", "garbage"},
		{"history.db", "cut short"},
		{"layerwise-engine.json", "cut short"},
		{"runc-overlayfs/containerdmeta.db", "cut short"},
		{"runc-overlayfs/snapshots/metadata.db", "garbage"},
		{"runc-overlayfs/workerid", "garbage"},
	} {
		t.Run(tt.name+" "+tt.damage, func(t *testing.T) {
			if testing.Short() && i > 1 {
				t.Skip("two kinds of damage are enough for -short")
			}
			w.TB = t
			w.ok("build", "--offline", "context")
			path := filepath.Join(w.dir, "data/layerwise/engine", tt.name)
			if _, err := os.Stat(path); err != nil { // the steps of root without runc have a state of their own
				path = filepath.Join(w.dir, "data/layerwise/engine/apart", tt.name)
			}
			info, err := os.Stat(path)
			w.must(err)
			if tt.damage == "garbage" {
				w.must(os.WriteFile(path, garbage, 0o600))
			} else {
				w.must(os.Truncate(path, info.Size()/2))
			}
			o := w.run("build", "--offline", "context")
			o.wants(t, o.code)
			t.Logf("exit %d: %s", o.code, line(o.stderr, "engine"))
			if o.code != 0 {
				o.wants(t, 1, "layerwise engine prune --all")
				w.ok("engine", "prune", "--all")
			}
			w.ok("build", "--offline", "context")
		})
	}
	w.TB = t
}

// A page in the middle of a database, a blob or a folder that is gone or is not
// what it was: a build works with what is left, or says at once that the state is
// damaged and what to do; after that it works.
func TestFaultDamagedState(t *testing.T) {
	page := func(name string, number int64) func(w *world, root string) {
		return func(w *world, root string) {
			f, err := os.OpenFile(filepath.Join(root, name), os.O_WRONLY, 0)
			w.must(err)
			defer f.Close()
			_, err = f.WriteAt([]byte(strings.Repeat("garbage!", 512)), number*4096)
			w.must(err)
		}
	}
	remove := func(pattern string) func(w *world, root string) {
		return func(w *world, root string) {
			paths, _ := filepath.Glob(filepath.Join(root, pattern))
			if len(paths) == 0 {
				w.Fatalf("nothing is called %s", pattern)
			}
			for _, path := range paths {
				w.must(os.RemoveAll(path))
			}
		}
	}
	blobs := func(change func(path string) error) func(w *world, root string) {
		return func(w *world, root string) {
			paths, _ := filepath.Glob(filepath.Join(root, "runc-*/content/blobs/sha256/*"))
			for _, path := range paths {
				w.must(os.Chmod(path, 0o644))
				w.must(change(path))
			}
		}
	}
	for i, tt := range []struct {
		name   string
		damage func(w *world, root string)
	}{
		{"blobs that are garbage", blobs(func(path string) error { return os.WriteFile(path, []byte("garbage"), 0o644) })},
		{"blobs that are gone", remove("runc-*/content/blobs/sha256/*")},
		{"snapshots that are gone", remove("runc-*/snapshots/snapshots/*")},
		{"no content", remove("runc-*/content")},
		{"no marker", remove("layerwise-engine.json")},
		{"blobs that are cut short", blobs(func(path string) error {
			info, err := os.Stat(path)
			if err != nil {
				return err
			}
			return os.Truncate(path, info.Size()/2)
		})},
		{"half gone", remove("*.db")},
		{"no worker", remove("runc-*")},
		{"a page of cache.db", page("cache.db", 2)},
		{"a page of history.db", page("history.db", 3)},
		{"a page of containerdmeta.db", page("runc-overlayfs/containerdmeta.db", 2)},
		{"another page of containerdmeta.db", page("runc-overlayfs/containerdmeta.db", 6)},
		{"a page of metadata_v2.db", page("runc-overlayfs/metadata_v2.db", 3)},
		{"a page of the snapshots' metadata.db", page("runc-overlayfs/snapshots/metadata.db", 4)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if testing.Short() && i > 4 {
				t.Skip("a few kinds of damage are enough for -short")
			}
			w := newWorld(t, 0)
			out := []string{"build", "--offline", "-o", "type=oci,dest=" + w.path("out.tar"), "context"}
			w.dockerfile("RUN echo a > /a")
			w.ok(out...)
			tt.damage(w, w.path("data/layerwise/engine"))
			w.dockerfile("RUN echo b > /b")
			o := w.run(out...)
			t.Logf("exit %d: %s", o.code, lastLine(o.stderr))
			if o.took > prompt {
				t.Errorf("it took %v", o.took)
			}
			if o.code != 0 {
				o.wants(t, 1, "layerwise engine prune --all")
				gone := w.ok("engine", "prune", "--all")
				if !strings.Contains(gone.stdout, "removed ") || !strings.Contains(gone.stdout, "kept the records") {
					t.Errorf("prune says %s", gone.stdout)
				}
				if _, err := os.Lstat(w.path("data/layerwise/engine")); err == nil {
					t.Error("the state folder is still there")
				}
			}
			w.ok(out...)
		})
	}
}

// TestFaultForeignFolder leaves alone what is no state folder by its path or by its
// marker.
func TestFaultForeignFolder(t *testing.T) {
	w := newWorld(t, 0)
	path := w.write("mine/file", "x")
	w.refused([]string{"is not a state folder of the engine"}, "engine", "prune", "--all", "--engine-dir", filepath.Dir(path))
	if _, err := os.Lstat(path); err != nil {
		t.Error(err)
	}
}
