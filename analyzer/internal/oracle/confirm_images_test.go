package oracle_test

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/containerd/platforms"
	"github.com/layerwise/layerwise/analyzer/standin"
	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/rogpeppe/go-internal/testscript"
)

// images is a stand-in for base images that can move behind its tag: variants of
// the playground image, one of which answers every reference. All of them lie in
// one OCI layout.
type images struct {
	*standin.Playground
	variants map[string]variant
	current  string
	names    map[string]string // of variants, by their images' digests
	script   string            // makes its images others than those of the scripts before
}

// variant says how an image differs from the playground image.
type variant struct {
	env, onBuild []string
	files        [][2]string // path and content, in a layer of their own
	programs     [][2]string // the same, to be executed
}

// plainImage is the playground image with nothing but the script's name added.
const plainImage = "plain"

func newImages(t *testing.T) *images {
	return &images{Playground: standin.NewPlayground(t.TempDir()), names: map[string]string{}}
}

// start forgets the images of the script before.
func (m *images) start(script string) {
	m.script, m.current, m.variants = script, plainImage, map[string]variant{plainImage: {}}
}

// Resolve answers with the variant in use.
func (m *images) Resolve(ctx context.Context, platform ocispecs.Platform) (digest.Digest, []byte, error) {
	return m.resolve(ctx, m.current, platform)
}

func (m *images) resolve(ctx context.Context, name string, platform ocispecs.Platform) (digest.Digest, []byte, error) {
	base, config, err := m.Playground.Resolve(ctx, platform)
	if err != nil {
		return "", nil, err
	}
	var manifest ocispecs.Manifest
	var image map[string]any // more fields than the OCI's: ONBUILD
	if err := errors.Join(m.read(base, &manifest), json.Unmarshal(config, &image)); err != nil {
		return "", nil, err
	}
	v := m.variants[name]
	settings := image["config"].(map[string]any)
	settings["Labels"] = map[string]string{"script": m.script}
	for _, e := range v.env {
		settings["Env"] = append(settings["Env"].([]any), e)
	}
	if len(v.onBuild) > 0 {
		settings["OnBuild"] = v.onBuild
	}
	if len(v.files)+len(v.programs) > 0 {
		layer, err := m.write(ocispecs.MediaTypeImageLayer, archive(v.files, v.programs))
		if err != nil {
			return "", nil, err
		}
		manifest.Layers = append(manifest.Layers, layer)
		root := image["rootfs"].(map[string]any)
		root["diff_ids"] = append(root["diff_ids"].([]any), layer.Digest)
	}
	dt, err := json.Marshal(image)
	if err != nil {
		return "", nil, err
	}
	if manifest.Config, err = m.write(ocispecs.MediaTypeImageConfig, dt); err != nil {
		return "", nil, err
	}
	moved, err := m.writeJSON(ocispecs.MediaTypeImageManifest, manifest)
	m.names[moved.Digest.String()] = nameOf(name, platform)
	return moved.Digest, dt, err
}

// nameOf tells apart what an image is for the machine's platform and for others.
func nameOf(name string, platform ocispecs.Platform) string {
	if platforms.Only(platforms.DefaultSpec()).Match(platform) {
		return name
	}
	return name + "/" + platform.Architecture
}

// archive is a layer of these files and programs.
func archive(files, programs [][2]string) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	add := func(f [2]string, mode int64) {
		w.WriteHeader(&tar.Header{Name: strings.TrimPrefix(f[0], "/"), Mode: mode, Size: int64(len(f[1])), Typeflag: tar.TypeReg})
		w.Write([]byte(f[1]))
	}
	for _, f := range files {
		add(f, 0o644)
	}
	for _, f := range programs {
		add(f, 0o755)
	}
	w.Close()
	return b.Bytes()
}

func (m *images) blob(d digest.Digest) string {
	return filepath.Join(m.Folder(), "blobs", d.Algorithm().String(), d.Encoded())
}

func (m *images) read(d digest.Digest, into any) error {
	dt, err := os.ReadFile(m.blob(d))
	if err != nil {
		return err
	}
	return json.Unmarshal(dt, into)
}

func (m *images) writeJSON(mediaType string, v any) (ocispecs.Descriptor, error) {
	dt, err := json.Marshal(v)
	if err != nil {
		return ocispecs.Descriptor{}, err
	}
	return m.write(mediaType, dt)
}

func (m *images) write(mediaType string, dt []byte) (ocispecs.Descriptor, error) {
	d := digest.FromBytes(dt)
	return ocispecs.Descriptor{MediaType: mediaType, Digest: d, Size: int64(len(dt))}, os.WriteFile(m.blob(d), dt, 0o644)
}

// scrub replaces digests of images, whole and short, by the images' names.
func (m *images) scrub(text string) string {
	for d, name := range m.names {
		text = strings.ReplaceAll(text, d, "sha256:"+name)
		text = strings.ReplaceAll(text, d[:len("sha256:")+12], "sha256:"+name)
	}
	return text
}

// image makes an image, which answers every reference from now on. KEY is
// ENV:NAME, FILE:PATH, or ONBUILD:INSTRUCTION alone.
func (w *world) image(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) == 0 {
		ts.Fatalf("usage: image NAME [ENV:NAME=VALUE|FILE:PATH=TEXT|ONBUILD:TEXT…]")
	}
	v := variant{}
	for _, arg := range args[1:] {
		kind, rest, _ := strings.Cut(arg, ":")
		switch path, text, _ := strings.Cut(rest, "="); kind {
		case "ENV":
			v.env = append(v.env, rest)
		case "FILE":
			v.files = append(v.files, [2]string{path, text + "\n"})
		case "ONBUILD":
			v.onBuild = append(v.onBuild, rest)
		default:
			ts.Fatalf("image: %s", arg)
		}
	}
	w.images.variants[args[0]] = v
	w.images.current = args[0]
}

// push offers an image at the script's server.
func (w *world) push(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: push REF NAME")
	}
	d, _, err := w.images.resolve(context.Background(), args[1], platforms.DefaultSpec())
	ts.Check(err)
	w.server.registry.tag(args[0], d, w.images)
}

// layout writes an image as an OCI layout.
func (w *world) layout(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: layout DIR NAME")
	}
	d, _, err := w.images.resolve(context.Background(), args[1], platforms.DefaultSpec())
	ts.Check(err)
	info, err := os.Stat(w.images.blob(d))
	ts.Check(err)
	index := ocispecs.Index{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: ocispecs.MediaTypeImageIndex,
		Manifests: []ocispecs.Descriptor{{MediaType: ocispecs.MediaTypeImageManifest, Digest: d, Size: info.Size()}}}
	dt, err := json.Marshal(index)
	ts.Check(err)
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o755))
	ts.Check(os.WriteFile(filepath.Join(dir, ocispecs.ImageIndexFile), dt, 0o644))
	ts.Check(os.WriteFile(filepath.Join(dir, ocispecs.ImageLayoutFile), fmt.Appendf(nil, `{"imageLayoutVersion":%q}`, ocispecs.ImageLayoutVersion), 0o644))
	if err := os.Symlink(filepath.Join(w.images.Folder(), "blobs"), filepath.Join(dir, "blobs")); !errors.Is(err, os.ErrExist) {
		ts.Check(err)
	}
}
