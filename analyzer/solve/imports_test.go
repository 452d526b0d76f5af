package solve_test

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/layerwise/layerwise/analyzer/explain"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/moby/buildkit/client"
)

// TestImports imports caches that cannot be read and one that can: the record has
// what became of each, and the failures are warnings and causes. No folder is made.
func TestImports(t *testing.T) {
	if testing.Short() {
		t.Skip("builds for real; not with -short")
	}
	one, two := startEngine(t), startEngine(t)
	at := startRegistry(t)
	refusing := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("WWW-Authenticate", `Basic realm="private"`)
		w.WriteHeader(http.StatusUnauthorized)
	}))
	garbage := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<html>") }))
	dir := t.TempDir()
	broken := filepath.Join(dir, "broken")
	if err := os.MkdirAll(broken, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(broken, "index.json"), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	o := buildOptions(t, "FROM busybox:1.37\nRUN echo imports > /x\nCOPY a.txt /\n")
	before, _ := buildImage(t, one, o)
	for _, c := range []struct {
		entry      client.CacheOptionsEntry
		ref, error string
	}{
		{cacheEntry("registry", "ref", "127.0.0.1:1/x:cache", ""), "type=registry,ref=127.0.0.1:1/x:cache", "connection refused"},
		{cacheEntry("registry", "ref", at+"/none:cache", ""), "type=registry,ref=" + at + "/none:cache", "not found"},
		{cacheEntry("registry", "ref", refusing+"/x:cache", ""), "type=registry,ref=" + refusing + "/x:cache", "401"},
		{cacheEntry("registry", "ref", garbage+"/x:cache", ""), "type=registry,ref=" + garbage + "/x:cache", ""},
		{cacheEntry("local", "src", filepath.Join(dir, "missing"), ""), "type=local,src=" + filepath.Join(dir, "missing"), "no such folder"},
		{cacheEntry("local", "src", dir, ""), "type=local,src=" + dir, "index.json"},
		{cacheEntry("local", "src", broken, ""), "type=local,src=" + broken, "index.json"},
		{client.CacheOptionsEntry{Type: "gha", Attrs: map[string]string{"scope": "s"}}, "type=gha,scope=s", "gha"},
	} {
		t.Run(c.ref, func(t *testing.T) {
			prune(t, two)
			o := o
			o.CacheFrom = []client.CacheOptionsEntry{c.entry}
			rec, _ := buildImage(t, two, o)
			if len(rec.Imports) != 1 {
				t.Fatalf("imports: %+v", rec.Imports)
			}
			i := rec.Imports[0]
			if i.Ref != c.ref || i.Result != record.ImportFailed || i.Error == "" || !strings.Contains(i.Error, c.error) {
				t.Errorf("import: %+v, want the error %q", i, c.error)
			}
			want := "the import of " + c.ref + " failed: " + i.Error
			if len(rec.Warnings) != 1 || rec.Warnings[0] != want {
				t.Errorf("warnings: %q, want %q", rec.Warnings, want)
			}
			for id, causes := range explain.Compare(before, rec).Causes {
				if causes[0].Kind != explain.ImportMissed || !strings.HasPrefix(causes[0].Message, "the import of "+c.ref[:12]) {
					t.Errorf("%s: %+v", id, causes)
				}
			}
		})
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("imports left %v in the folder, %v", left, err)
	}
}

// TestImportWithoutResults imports a cache that was exported with mode=min: a step
// of another stage has its key there and no result, and the cause says so.
func TestImportWithoutResults(t *testing.T) {
	if testing.Short() {
		t.Skip("builds for real; not with -short")
	}
	one, two := startEngine(t), startEngine(t)
	dockerfile := "FROM busybox:1.37 AS build\nRUN echo one > /one\nCOPY a.txt /a\nFROM busybox:1.37\nRUN echo last > /last\nCOPY --from=build /one /a /\n"
	o := buildOptions(t, dockerfile)
	exported := o
	cache := localCache("dest", "min")(t.TempDir())
	exported.CacheTo = []client.CacheOptionsEntry{cache}
	before, _ := buildImage(t, one, exported)

	if err := os.WriteFile(filepath.Join(o.Source.Context, "a.txt"), []byte("other\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	o.CacheFrom = []client.CacheOptionsEntry{cacheEntry("local", "src", cache.Attrs["dest"], "")}
	rec, _ := buildImage(t, two, o)
	i := rec.Imports[0]
	if i.Result != record.ImportUsed || i.Hits == nil || *i.Hits == 0 || i.Seconds == nil {
		t.Errorf("import: %+v, want one that was used", i)
	}
	causes := explain.Compare(before, rec).Causes
	messages := map[string]string{}
	for id, c := range causes {
		messages[id] = string(c[0].Kind) + ": " + c[0].Message
	}
	run := rec.Steps[1]
	if want := "import-missed: the imported cache knows it, but was exported without its result"; !strings.HasPrefix(messages[run.ID], want) {
		t.Errorf("%s: %q, want %q…", run.ID, messages[run.ID], want)
	}
	if last := rec.Steps[4]; last.Outcome != record.Hit {
		t.Errorf("%s: %s, want a hit from the import", last.ID, last.Outcome)
	}
}

func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

// startRegistry returns the host and port of an empty registry.
func startRegistry(t *testing.T) string {
	return serve(t, registry.New(registry.Logger(log.New(io.Discard, "", 0))))
}
