package solve_test

import (
	"fmt"
	"testing"

	"github.com/layerwise/layerwise/analyzer/engine"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/layerwise/layerwise/analyzer/solve"
	"github.com/moby/buildkit/client"
)

// TestLayersOfAnImportedCache builds on one engine and imports the cache on another
// one, which has nothing: the layers are those of the image and of the instruction
// that made them, also in the next build, which imports nothing.
func TestLayersOfAnImportedCache(t *testing.T) {
	if testing.Short() {
		t.Skip("builds for real; not with -short")
	}
	one, two := startEngine(t), startEngine(t)
	at := startRegistry(t)
	for _, c := range []struct {
		name     string
		exported func(dir string) client.CacheOptionsEntry
		imported func(dir string) client.CacheOptionsEntry
	}{
		{"local min", localCache("dest", "min"), localCache("src", "")},
		{"local max", localCache("dest", "max"), localCache("src", "")},
		{"registry min", registryCache(at+"/cache:min", "min"), registryCache(at+"/cache:min", "")},
		{"registry max", registryCache(at+"/cache:max", "max"), registryCache(at+"/cache:max", "")},
		{"inline", func(string) client.CacheOptionsEntry { return client.CacheOptionsEntry{Type: "inline"} }, registryCache(at+"/image:inline", "")},
	} {
		t.Run(c.name, func(t *testing.T) {
			prune(t, two)
			dir := t.TempDir()
			o := buildOptions(t, fmt.Sprintf("FROM busybox:1.37 AS build\nRUN echo %s > /out\nFROM busybox:1.37\nENV A=b\nWORKDIR /w\n"+
				"COPY a.txt b.txt ./\nRUN true\nCOPY --link a.txt /l/\nRUN echo %s > x\nCOPY --from=build /out /out\n", c.name, c.name))
			exported := o
			exported.CacheTo = []client.CacheOptionsEntry{c.exported(dir)}
			if c.name == "inline" {
				exported.Outputs = []client.ExportEntry{{Type: client.ExporterImage, Attrs: map[string]string{"name": at + "/image:inline", "push": "true"}}}
			}
			first, _ := buildImage(t, one, exported)
			imported := o
			imported.CacheFrom = []client.CacheOptionsEntry{c.imported(dir)}
			for _, o := range []solve.Options{imported, o} {
				rec, img := buildImage(t, two, o)
				compareLayers(t, rec, img)
				for i, s := range rec.Steps {
					if len(s.Layers) != len(first.Steps[i].Layers) {
						t.Errorf("%s: %d layers, %d where it was built", s.ID, len(s.Layers), len(first.Steps[i].Layers))
					}
				}
				if last := rec.Steps[len(rec.Steps)-1]; last.Outcome != record.Hit {
					t.Errorf("%s: %s: the cache was not used", last.ID, last.Outcome)
				}
			}
		})
	}
}

func localCache(key, mode string) func(string) client.CacheOptionsEntry {
	return func(dir string) client.CacheOptionsEntry {
		return cacheEntry("local", key, dir, mode)
	}
}

func registryCache(ref, mode string) func(string) client.CacheOptionsEntry {
	return func(string) client.CacheOptionsEntry { return cacheEntry("registry", "ref", ref, mode) }
}

func cacheEntry(kind, key, value, mode string) client.CacheOptionsEntry {
	e := client.CacheOptionsEntry{Type: kind, Attrs: map[string]string{key: value}}
	if mode != "" {
		e.Attrs["mode"] = mode
	}
	return e
}

// prune empties an engine.
func prune(t *testing.T, eng engine.Engine) {
	t.Helper()
	if err := eng.Client().Prune(t.Context(), nil, client.PruneAll); err != nil {
		t.Fatal(err)
	}
}
