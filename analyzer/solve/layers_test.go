package solve_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/layerwise/layerwise/analyzer/engine"
	"github.com/layerwise/layerwise/analyzer/engine/embedded"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/layerwise/layerwise/analyzer/solve"
	"github.com/layerwise/layerwise/analyzer/standin"
	"github.com/moby/buildkit/client"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/sirupsen/logrus"
)

func TestMain(m *testing.M) {
	standin.Main()
	embedded.Main()
	logrus.SetOutput(io.Discard)
	os.Exit(m.Run())
}

// TestLayersAreTheImages exports images and reads them again: the layers of all
// steps, in order, are the layers of the image, each under the instruction that
// the image's own history has for it.
func TestLayersAreTheImages(t *testing.T) {
	if testing.Short() {
		t.Skip("builds for real; not with -short")
	}
	eng := startEngine(t)
	for name, dockerfile := range map[string]string{
		"one stage": "FROM busybox:1.37\nENV A=b\nWORKDIR /w\nCOPY a.txt b.txt ./\nRUN echo x > x && mkdir d && echo y > d/y\nLABEL l=m\nRUN true\nUSER nobody\nCMD [\"x\"]\n",
		"copied":    "FROM busybox:1.37 AS build\nRUN echo out > /out\nCOPY a.txt /a\nFROM scratch\nCOPY --from=build /out /out\nCOPY --from=build /a /a\n",
		"linked":    "FROM busybox:1.37\nCOPY --link a.txt /l/\nRUN cat /l/a.txt > /c\nCOPY --link b.txt /l/\n",
		"chain":     "FROM busybox:1.37 AS one\nRUN echo 1 > /1\nFROM one AS two\nRUN echo 2 > /2\nFROM two\nRUN echo 3 > /3\n",
		"the same":  "FROM scratch\nCOPY a.txt /a\nCOPY a.txt /a\nCOPY b.txt /b\n",
	} {
		t.Run(name, func(t *testing.T) {
			rec, img := buildImage(t, eng, buildOptions(t, dockerfile))
			compareLayers(t, rec, img)
		})
	}
}

func startEngine(t testing.TB) *embedded.Engine {
	t.Helper()
	eng, err := embedded.Start(t.Context(), embedded.Options{Root: filepath.Join(t.TempDir(), "engine")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { eng.Close() })
	return eng
}

// buildOptions are those of a build offline, with two files beside the Dockerfile.
func buildOptions(t testing.TB, dockerfile string) solve.Options {
	t.Helper()
	dir := t.TempDir()
	for file, content := range map[string]string{"Dockerfile": dockerfile, "a.txt": "a\n", "b.txt": strings.Repeat("b", 10000)} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	src, err := solve.Open(dir, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	return solve.Options{Source: src, StandIns: standin.NewPlayground(filepath.Join(t.TempDir(), "playground")), MeasureLayers: true}
}

// buildImage builds, and reads the image that comes out.
func buildImage(t *testing.T, eng engine.Engine, o solve.Options) (*record.Record, image) {
	t.Helper()
	var archive bytes.Buffer
	o.Outputs = append(o.Outputs, client.ExportEntry{Type: client.ExporterOCI, Attrs: map[string]string{},
		Output: func(map[string]string) (io.WriteCloser, error) { return nopCloser{&archive}, nil }})
	rec, err := solve.Run(t.Context(), eng, o)
	if err != nil {
		t.Fatal(err)
	}
	return rec, readImage(t, archive.Bytes())
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

func compareLayers(t *testing.T, rec *record.Record, img image) {
	t.Helper()
	var layers []record.Layer
	var madeBy []string
	for _, s := range rec.Steps {
		for _, l := range s.Layers {
			layers = append(layers, l)
			madeBy = append(madeBy, s.Instruction)
		}
		if s.Effect == record.EffectMetadata && len(s.Layers) > 0 {
			t.Errorf("%s is metadata and has a layer", s.ID)
		}
	}
	if len(layers) != len(img.manifest.Layers) {
		t.Fatalf("steps made %d layers, the image has %d", len(layers), len(img.manifest.Layers))
	}
	for i, want := range img.manifest.Layers {
		got := layers[i]
		size, content, files := img.measure(t, want)
		if got.Index != i || got.Digest != string(want.Digest) || got.Size != want.Size || got.DiffID != string(img.config.RootFS.DiffIDs[i]) {
			t.Errorf("layer %d: got %+v, want %s, %d bytes", i, got, want.Digest, want.Size)
		}
		if got.Uncompressed == nil || *got.Uncompressed != size || got.ContentSize == nil || *got.ContentSize != content || got.Files == nil || *got.Files != files {
			t.Errorf("layer %d: %s: sizes are not %d bytes, %d in %d files", i, got.Digest, size, content, files)
		}
		by := madeBy[i]
		if by == "FROM" {
			by = "layerwise playground"
		}
		if !strings.HasPrefix(img.history[i], by) {
			t.Errorf("layer %d is said to be of a %s, the image says %q", i, madeBy[i], img.history[i])
		}
	}
}

// image is an OCI archive, read.
type image struct {
	blobs    map[string][]byte
	manifest ocispecs.Manifest
	config   ocispecs.Image
	history  []string // what made the layers, by the image's own word
}

func readImage(t *testing.T, archive []byte) image {
	t.Helper()
	img := image{blobs: map[string][]byte{}}
	entries := tar.NewReader(bytes.NewReader(archive))
	for {
		h, err := entries.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(entries)
		if err != nil {
			t.Fatal(err)
		}
		img.blobs[h.Name] = data
	}
	var index ocispecs.Index
	decode(t, img.blobs["index.json"], &index)
	decode(t, img.blob(index.Manifests[0].Digest), &img.manifest)
	decode(t, img.blob(img.manifest.Config.Digest), &img.config)
	for _, h := range img.config.History {
		if !h.EmptyLayer {
			img.history = append(img.history, h.CreatedBy)
		}
	}
	return img
}

func decode(t *testing.T, data []byte, v any) {
	t.Helper()
	if err := json.Unmarshal(data, v); err != nil {
		t.Fatal(err)
	}
}

func (i image) blob(d digest.Digest) []byte {
	return i.blobs["blobs/"+d.Algorithm().String()+"/"+d.Encoded()]
}

// measure unpacks a layer: its bytes, those of its files, and its entries that are
// not folders.
func (i image) measure(t *testing.T, d ocispecs.Descriptor) (size, content int64, files int) {
	t.Helper()
	data := i.blob(d.Digest)
	if d.MediaType == ocispecs.MediaTypeImageLayerGzip {
		zr, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if data, err = io.ReadAll(zr); err != nil {
			t.Fatal(err)
		}
	}
	entries := tar.NewReader(bytes.NewReader(data))
	for {
		h, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return int64(len(data)), content, files
		}
		if err != nil {
			t.Fatal(err)
		}
		content += h.Size
		if h.Typeflag != tar.TypeDir {
			files++
		}
	}
}
