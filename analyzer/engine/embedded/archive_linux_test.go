package embedded_test

import (
	"archive/tar"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/plugins/content/local"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/client/llb"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/tonistiigi/fsutil"
	"golang.org/x/sys/unix"

	"github.com/layerwise/layerwise/analyzer/engine/embedded"
)

// deviceArchive is a folder with an archive that has device nodes.
func deviceArchive(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, "nodes.tar"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := tar.NewWriter(f)
	null, disk := unix.Mkdev(1, 3), unix.Mkdev(7, 0)
	for _, h := range []*tar.Header{
		{Name: "file", Typeflag: tar.TypeReg, Mode: 0o644},
		{Name: "null", Typeflag: tar.TypeChar, Mode: 0o666, Devmajor: int64(unix.Major(null)), Devminor: int64(unix.Minor(null))},
		{Name: "disk", Typeflag: tar.TypeBlock, Mode: 0o666, Devmajor: int64(unix.Major(disk)), Devminor: int64(unix.Minor(disk))},
		{Name: "pipe", Typeflag: tar.TypeFifo, Mode: 0o644},
	} {
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

func unpacked() llb.State {
	return rootfs().File(llb.Copy(llb.Local("archive"), "/nodes.tar", "/", &llb.CopyInfo{AttemptUnpack: true}))
}

// In a user namespace no device node comes out of an archive: BuildKit refuses to
// unpack it, as its own rootless mode does. Elsewhere the node is there, and cannot
// be opened.
func TestDevicesOfArchives(t *testing.T) {
	archive := map[string]string{"archive": deviceArchive(t)}
	e := start(t, embedded.Options{Runtime: embedded.RuntimeBuiltin})
	_, err := trySolve(t.Context(), e, unpacked(), archive)
	if err == nil || !strings.Contains(err.Error(), "operation not permitted") {
		t.Errorf("unpacking device nodes in a user namespace: %v", err)
	}
	if os.Geteuid() == 0 {
		e := start(t, embedded.Options{Insecure: true}) // runc where it is there
		nodes := step(unpacked(), "modes", "/file=-rw-r--r--", "/null=Dcrw-rw-rw-", "/disk=Drw-rw-rw-", "/pipe=prw-r--r--")
		solve(t, e, step(nodes, "open", "/disk"), archive)
	}
}

// Of the layers of an image they are left out.
func TestDevicesOfImages(t *testing.T) {
	needRoot(t) // only root can make the image
	layout := t.TempDir()
	maker := start(t, embedded.Options{Insecure: true})
	export(t, maker, unpacked(), map[string]string{"archive": deviceArchive(t)}, layout)

	e := start(t, embedded.Options{Runtime: embedded.RuntimeBuiltin})
	base, store := fromLayout(t, layout)
	state := step(base, "modes", "/file=-rw-r--r--", "/null=", "/disk=", "/pipe=prw-r--r--")
	def, err := state.Marshal(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, err = e.Client().Solve(t.Context(), def, client.SolveOpt{OCIStores: map[string]content.Store{"layout": store}}, nil)
	if err != nil {
		t.Error(err)
	}
}

// export writes an OCI layout of a state into a folder.
func export(t *testing.T, e *embedded.Engine, state llb.State, locals map[string]string, layout string) {
	t.Helper()
	def, err := state.Marshal(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	mounts := map[string]fsutil.FS{}
	locals["program"] = stepProgram
	for name, dir := range locals {
		if mounts[name], err = fsutil.NewFS(dir); err != nil {
			t.Fatal(err)
		}
	}
	_, err = e.Client().Solve(t.Context(), def, client.SolveOpt{
		LocalMounts: mounts,
		Exports:     []client.ExportEntry{{Type: client.ExporterOCI, OutputDir: layout, Attrs: map[string]string{"tar": "false"}}},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
}

// fromLayout is the image of an OCI layout.
func fromLayout(t *testing.T, layout string) (llb.State, content.Store) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(layout, "index.json"))
	if err != nil {
		t.Fatal(err)
	}
	var index ocispecs.Index
	if err := json.Unmarshal(text, &index); err != nil || len(index.Manifests) != 1 {
		t.Fatalf("index of the layout: %s (%v)", text, err)
	}
	store, err := local.NewStore(layout)
	if err != nil {
		t.Fatal(err)
	}
	ref := strings.Join([]string{"localhost/image", index.Manifests[0].Digest.String()}, "@")
	return llb.OCILayout(ref, llb.OCIStore("", "layout")), store
}
