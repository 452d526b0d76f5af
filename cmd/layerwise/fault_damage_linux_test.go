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
