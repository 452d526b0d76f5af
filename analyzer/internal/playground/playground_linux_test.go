package playground

import (
	"archive/tar"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

func TestMain(m *testing.M) {
	Main()
	os.Exit(m.Run())
}

var linuxAMD64 = ocispecs.Platform{OS: "linux", Architecture: "amd64"}

// unpack makes the image and extracts its layer into a new folder. It keeps modes, but not owners.
func unpack(t *testing.T) (root string) {
	t.Helper()
	dir := t.TempDir()
	desc, err := Layout(t.Context(), dir, linuxAMD64)
	if err != nil {
		t.Fatal(err)
	}
	var m ocispecs.Manifest
	readJSON(t, layout(dir).blob(desc.Digest), &m)
	f, err := os.Open(layout(dir).blob(m.Layers[0].Digest))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	root = t.TempDir()
	for tr := tar.NewReader(f); ; {
		hdr, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return root
		}
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(root, hdr.Name)
		switch hdr.Typeflag {
		case tar.TypeDir:
			err = os.Mkdir(path, 0o755)
			if err == nil {
				err = os.Chmod(path, hdr.FileInfo().Mode())
			}
		case tar.TypeSymlink:
			err = os.Symlink(hdr.Linkname, path)
		default:
			var data []byte
			if data, err = io.ReadAll(tr); err == nil {
				err = os.WriteFile(path, data, hdr.FileInfo().Mode())
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func readJSON(t *testing.T, path string, v any) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, v); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}
