package oracle_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/layerwise/layerwise/analyzer/predict"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/layerwise/layerwise/analyzer/solve"
	"github.com/moby/buildkit/client"
)

// TestPredictEdits compares what is said of an edit before it with what is said after
// it, on both engines: through links, of files of a named context, of the Dockerfile
// and the ignore file, and of what the ignore file leaves out.
func TestPredictEdits(t *testing.T) {
	if testing.Short() {
		t.Skip("builds for real; not with -short")
	}
	dir := t.TempDir()
	files := map[string]string{
		"app/Dockerfile": "FROM busybox AS a\nCOPY dirlink/f /b/\nRUN cat /b/f\nFROM busybox AS b\nCOPY link /\nRUN cat /link\n" +
			"FROM busybox AS c\nCOPY --from=lib f again /\nRUN cat /f\nFROM busybox AS d\nCOPY all /\nCOPY Dockerfile .dockerignore /x/\nRUN ls /\n" +
			"FROM busybox\nCOPY --from=a /b/f /a\nCOPY --from=b /link /b\nCOPY --from=c /f /c\nCOPY --from=d /x /d\nRUN cat /a /b\n",
		"app/.dockerignore": "all/ignored\n", "app/real/f": "1\n", "app/real/other": "1\n", "app/all/ignored": "1\n", "app/all/kept": "1\n", "lib/f": "1\n", "lib/g": "1\n",
	}
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for link, target := range map[string]string{"app/dirlink": "real", "app/twice": "dirlink", "app/link": "twice/f", "app/tolib": "../lib/f", "lib/again": "g", "app/all/into": "../real/f"} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	edits := []struct{ edit, warning string }{
		{"dirlink/f", ""}, {"real/f", ""}, {"link", ""}, {"twice/f", ""}, {"all/into", ""}, {"all/kept", ""},
		{"real/other", "no step takes real/other, so that its edit changes nothing"},
		{"all/ignored", "the ignore file leaves out all/ignored, so that its edit changes nothing"},
		{"lib/f", ""}, {"../lib/f", ""}, {"tolib", ""}, {"lib/again", ""}, {"Dockerfile", ""}, {".dockerignore", ""},
	}
	for _, w := range []*watched{{Engine: startEmbedded(t), name: "embedded"}, {Engine: startBuildkitd(t), name: "buildkitd"}} {
		if err := w.Client().Prune(t.Context(), nil, client.PruneAll); err != nil {
			t.Fatal(err)
		}
		options := func() solve.Options {
			o := w.options(t, filepath.Join(dir, "app"))
			o.Source.Named = map[string]string{"lib": filepath.Join(dir, "lib")}
			return o
		}
		rec, err := solve.Run(t.Context(), w.Engine, options())
		if err != nil {
			t.Fatal(err)
		}
		said := func(edits ...string) (string, []string) {
			rec, err := predict.Run(t.Context(), w.Engine, predict.Options{Build: options(), History: []*record.Record{rec}, Edits: edits})
			if err != nil {
				t.Fatalf("%s: %v: %v", w.name, edits, err)
			}
			checkReasons(t, rec)
			out := ""
			for _, s := range rec.Steps {
				out += string(s.Outcome[:1])
			}
			return out, rec.Warnings
		}
		for _, e := range edits {
			before, warnings := said(e.edit)
			if got := strings.Join(warnings, "\n"); got != e.warning {
				t.Errorf("%s: %s: warnings %q, want %q", w.name, e.edit, got, e.warning)
			}
			path := filepath.Join(dir, "app", e.edit)
			if strings.HasPrefix(e.edit, "lib/") {
				path = filepath.Join(dir, e.edit)
			}
			old, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, append(old, '\n'), 0o644); err != nil {
				t.Fatal(err)
			}
			after, _ := said()
			if before != after {
				t.Errorf("%s: %s: %s before the edit, %s after it", w.name, e.edit, before, after)
			}
			if changes := strings.Contains(after, "r"); changes == (e.warning != "") {
				t.Errorf("%s: %s: %s", w.name, e.edit, after)
			}
			if err := os.WriteFile(path, old, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}
