//go:build unix

package plan

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	gateway "github.com/moby/buildkit/frontend/gateway/client"

	"github.com/layerwise/layerwise/analyzer/buildcontext"
)

// TestReadFile follows links as an engine does, for which the context is all there
// is.
func TestReadFile(t *testing.T) {
	root, outside := t.TempDir(), t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.MkdirAll(filepath.Join(root, "d/e"), 0o755))
	must(os.WriteFile(filepath.Join(root, "d/file"), []byte("in"), 0o644))
	must(os.WriteFile(filepath.Join(outside, "file"), []byte("out"), 0o644))
	for name, to := range map[string]string{
		"link": "d/file", "d/e/up": "../file", "absolute": "/d/file", "folder": "d", "chain": "folder/e/up",
		"outside": filepath.Join(outside, "file"), "dots": "../../../../d/file", "loop": "loop", "lost": "nowhere",
	} {
		must(os.Symlink(to, filepath.Join(root, name)))
	}
	folder, err := buildcontext.OpenFolder(root)
	must(err)
	ref := &localRef{fs: folder}
	for name, want := range map[string]string{
		"d/file": "in", "link": "in", "d/e/up": "in", "absolute": "in", "folder/file": "in", "chain": "in", "dots": "in", "/d/../link": "in",
		"outside": "", "lost": "", "missing": "", "d": "", "loop": "",
	} {
		data, err := ref.ReadFile(t.Context(), gateway.ReadRequest{Filename: name})
		if string(data) != want || (want == "") != (err != nil) {
			t.Errorf("%s: %q, %v", name, data, err)
		}
		if name == "loop" && (err == nil || !strings.Contains(err.Error(), "too many links")) {
			t.Errorf("a loop: %v", err)
		}
		if (name == "outside" || name == "lost" || name == "missing") && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v is no ErrNotExist", name, err)
		}
	}
}
