package solve_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/layerwise/layerwise/analyzer/solve"
	"github.com/moby/buildkit/client"
)

// TestDamagedImport imports a cache whose layers are not what they were: the error
// names the import, the step that needed it has failed, and nothing that may have
// come from there is a hit.
func TestDamagedImport(t *testing.T) {
	if testing.Short() {
		t.Skip("builds for real; not with -short")
	}
	one, two := startEngine(t), startEngine(t)
	o := buildOptions(t, "FROM busybox:1.37\nCOPY b.txt /\nRUN echo one > /one\nRUN echo two > /two\n")
	dir := filepath.Join(t.TempDir(), "cache")
	exported := o
	exported.CacheTo = []client.CacheOptionsEntry{localCache("dest", "max")(dir)}
	buildImage(t, one, exported)

	o.CacheFrom = []client.CacheOptionsEntry{cacheEntry("local", "src", dir, "")}
	layers := layersOf(t, dir)
	for _, c := range []struct {
		name   string
		step   bool // whether a step has asked for it when the build fails
		damage func(path string) error
	}{
		{"truncated", true, func(path string) error { return os.Truncate(path, 50) }},
		{"altered", true, func(path string) error {
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			text[len(text)/2] ^= 0xff
			return os.WriteFile(path, text, 0o644)
		}},
		{"missing", false, os.Remove},
	} {
		t.Run(c.name, func(t *testing.T) {
			prune(t, two)
			for _, path := range layers {
				text, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				defer os.WriteFile(path, text, 0o644)
				if err := c.damage(path); err != nil {
					t.Fatal(err)
				}
			}
			rec, err := solve.Run(t.Context(), two, withOutput(o))
			var bad *solve.ImportError
			if !errors.As(err, &bad) || bad.Ref != "type=local,src="+dir || bad.Blob == "" {
				t.Fatalf("got %v, want an error of the import", err)
			}
			if !strings.Contains(rec.Error, "the imported cache type=local,src="+dir+" is damaged, in its blob sha256:") {
				t.Errorf("error: %s", rec.Error)
			}
			if i := rec.Imports[0]; i.Result != record.ImportFailed || !strings.Contains(i.Error, "is damaged") {
				t.Errorf("import: %+v", i)
			}
			failed := 0
			for _, s := range rec.Steps {
				if s.Outcome == record.StepFailed {
					failed++
				}
				if s.Effect == record.EffectLayer && s.Outcome == record.Hit {
					t.Errorf("%s is called a hit", s.ID)
				}
			}
			if c.step && failed == 0 {
				t.Error("no step failed")
			}
		})
	}
}

func withOutput(o solve.Options) solve.Options {
	o.Outputs = []client.ExportEntry{{Type: client.ExporterOCI, Attrs: map[string]string{},
		Output: func(map[string]string) (io.WriteCloser, error) { return nopCloser{io.Discard}, nil }}}
	return o
}

// layersOf are the compressed layers in a folder of blobs.
func layersOf(t *testing.T, dir string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, "blobs", "sha256", "*"))
	if err != nil {
		t.Fatal(err)
	}
	var layers []string
	for _, path := range all {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(string(text), "\x1f\x8b") && len(text) < 1<<20 { // the base is not one of them
			layers = append(layers, path)
		}
	}
	if len(layers) == 0 {
		t.Fatal("no layer was exported")
	}
	return layers
}
