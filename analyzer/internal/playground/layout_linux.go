package playground

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/containerd/platforms"
	"github.com/gofrs/flock"
	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"golang.org/x/sys/unix"

	"github.com/layerwise/layerwise/analyzer/internal/atomicfile"
	"github.com/layerwise/layerwise/analyzer/internal/playground/tool"
)

// stampAnnotation, on a manifest in index.json, identifies the file that the image's program was copied from.
const stampAnnotation = "dev.layerwise.playground.program"

// tempPattern is the name of a file that is not whole yet.
const tempPattern = ".new-*"

// keep is how long blobs of other binaries stay after their last use, for the sake of a process
// that still reads them.
const keep = time.Hour

// Layout makes sure that dir is an OCI image layout with the playground image for the platform, and
// returns the manifest's descriptor. The same binary gives the same digest, everywhere. Only the
// first call for a binary writes; later ones cost a few file system calls. Several processes may
// call it at once, with different binaries too. Images of binaries that were not used for an hour
// are removed.
//
// The platform is only a name: the program in the image is the one that is running.
func Layout(ctx context.Context, dir string, platform ocispecs.Platform) (ocispecs.Descriptor, error) {
	desc, err := ensure(ctx, layout(dir), platforms.Normalize(platform))
	if err != nil {
		return ocispecs.Descriptor{}, fmt.Errorf("make the playground image in %s: %w", dir, err)
	}
	return desc, nil
}

func ensure(ctx context.Context, l layout, platform ocispecs.Platform) (ocispecs.Descriptor, error) {
	if platform.OS != "linux" {
		return ocispecs.Descriptor{}, fmt.Errorf("it exists for linux only, not for %s", platforms.Format(platform))
	}
	stamp, err := programStamp()
	if err != nil {
		return ocispecs.Descriptor{}, err
	}
	if desc, ok := l.find(stamp, platform); ok {
		return desc, nil
	}
	if err := os.MkdirAll(l.blobs(), 0o755); err != nil {
		return ocispecs.Descriptor{}, err
	}
	lock := flock.New(filepath.Join(string(l), ".lock"))
	if _, err := lock.TryLockContext(ctx, 20*time.Millisecond); err != nil {
		return ocispecs.Descriptor{}, fmt.Errorf("wait for another process that writes it: %w", err)
	}
	defer lock.Close()
	if desc, ok := l.find(stamp, platform); ok {
		return desc, nil
	}
	desc, err := l.write(ctx, stamp, platform)
	if err != nil {
		return ocispecs.Descriptor{}, err
	}
	return desc, l.prune(stamp)
}

// programStamp returns a text that is the same as long as the running program's file is.
func programStamp() (string, error) {
	var st unix.Stat_t
	if err := unix.Stat("/proc/self/exe", &st); err != nil {
		return "", fmt.Errorf("find the running program: %w", err)
	}
	return fmt.Sprintf("%x:%x:%d:%d.%09d:%d.%09d",
		st.Dev, st.Ino, st.Size, st.Mtim.Sec, st.Mtim.Nsec, st.Ctim.Sec, st.Ctim.Nsec), nil
}

// layout is the path of an OCI image layout.
type layout string

func (l layout) blobs() string { return filepath.Join(string(l), "blobs", "sha256") }

func (l layout) blob(d digest.Digest) string { return filepath.Join(l.blobs(), d.Encoded()) }

// index returns the layout's index; an empty one when there is none, or none that can be read.
func (l layout) index() ocispecs.Index {
	empty := ocispecs.Index{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: ocispecs.MediaTypeImageIndex}
	index := empty
	data, err := os.ReadFile(filepath.Join(string(l), ocispecs.ImageIndexFile))
	if err != nil || json.Unmarshal(data, &index) != nil {
		return empty
	}
	return index
}

// find looks for a complete image of the program, and notes its use.
func (l layout) find(stamp string, platform ocispecs.Platform) (ocispecs.Descriptor, bool) {
	for _, desc := range l.index().Manifests {
		if desc.Annotations[stampAnnotation] != stamp || desc.Platform == nil ||
			platforms.Format(*desc.Platform) != platforms.Format(platform) {
			continue
		}
		_, blobs, ok := l.complete(desc)
		if !ok {
			return ocispecs.Descriptor{}, false
		}
		now := time.Now()
		for _, d := range blobs {
			os.Chtimes(l.blob(d), now, now) // only delays their removal: a layout that cannot be written is as good
		}
		desc.Annotations = nil
		return desc, true
	}
	return ocispecs.Descriptor{}, false
}

// complete returns an image's manifest and the digests of its blobs, and whether all are there in full length.
func (l layout) complete(desc ocispecs.Descriptor) (m ocispecs.Manifest, digests []digest.Digest, ok bool) {
	if desc.Digest.Validate() != nil {
		return m, nil, false
	}
	data, err := os.ReadFile(l.blob(desc.Digest))
	if err != nil || json.Unmarshal(data, &m) != nil {
		return m, nil, false
	}
	digests = []digest.Digest{desc.Digest}
	for _, d := range append(m.Layers, m.Config) {
		if d.Digest.Validate() != nil {
			return m, nil, false
		}
		if info, err := os.Stat(l.blob(d.Digest)); err != nil || info.Size() != d.Size {
			return m, nil, false
		}
		digests = append(digests, d.Digest)
	}
	return m, digests, true
}

// write makes the image and adds it to the index. The caller holds the lock.
func (l layout) write(ctx context.Context, stamp string, platform ocispecs.Platform) (ocispecs.Descriptor, error) {
	layer, err := l.writeLayer(ctx, stamp)
	if err != nil {
		return ocispecs.Descriptor{}, err
	}
	config, err := l.writeJSON(ocispecs.MediaTypeImageConfig, ocispecs.Image{
		Platform: ocispecs.Platform{OS: platform.OS, Architecture: platform.Architecture, Variant: platform.Variant},
		Config:   ocispecs.ImageConfig{Env: []string{"PATH=" + tool.DefaultPath}, Cmd: []string{"sh"}, WorkingDir: "/"},
		RootFS:   ocispecs.RootFS{Type: "layers", DiffIDs: []digest.Digest{layer.Digest}},
		Created:  &epoch,
		History:  []ocispecs.History{{Created: &epoch, CreatedBy: "layerwise playground"}},
	})
	if err != nil {
		return ocispecs.Descriptor{}, err
	}
	desc, err := l.writeJSON(ocispecs.MediaTypeImageManifest, ocispecs.Manifest{
		Versioned: specs.Versioned{SchemaVersion: 2},
		MediaType: ocispecs.MediaTypeImageManifest,
		Config:    config,
		Layers:    []ocispecs.Descriptor{layer},
	})
	if err != nil {
		return ocispecs.Descriptor{}, err
	}
	desc.Platform = &platform

	stamped := desc
	stamped.Annotations = map[string]string{stampAnnotation: stamp}
	index := l.index()
	index.Manifests = slices.DeleteFunc(index.Manifests, func(d ocispecs.Descriptor) bool {
		return d.Digest == desc.Digest
	})
	index.Manifests = append(index.Manifests, stamped)
	return desc, l.writeIndex(index)
}

// writeLayer writes the layer, or finds it again when the image was made for another platform before.
func (l layout) writeLayer(ctx context.Context, stamp string) (ocispecs.Descriptor, error) {
	for _, desc := range l.index().Manifests {
		if m, _, ok := l.complete(desc); ok && desc.Annotations[stampAnnotation] == stamp && len(m.Layers) == 1 {
			return m.Layers[0], nil
		}
	}
	program := fmt.Sprintf("/proc/%d/exe", os.Getpid()) // right even when the file was replaced since
	libs, err := libraries(ctx, program)
	if err != nil {
		return ocispecs.Descriptor{}, err
	}
	return l.writeBlob(ocispecs.MediaTypeImageLayer, func(w io.Writer) error { return writeLayer(w, tree(program, libs)) })
}

func (l layout) writeJSON(mediaType string, v any) (ocispecs.Descriptor, error) {
	return l.writeBlob(mediaType, func(w io.Writer) error { return json.NewEncoder(w).Encode(v) })
}

// writeBlob stores what fill writes under its digest.
func (l layout) writeBlob(mediaType string, fill func(io.Writer) error) (ocispecs.Descriptor, error) {
	tmp, err := atomicfile.Create(filepath.Join(l.blobs(), "blob"), tempPattern, 0o644)
	if err != nil {
		return ocispecs.Descriptor{}, err
	}
	defer tmp.Discard()
	digester := digest.Canonical.Digester()
	if err := fill(io.MultiWriter(tmp, digester.Hash())); err != nil {
		return ocispecs.Descriptor{}, err
	}
	info, err := tmp.Stat()
	if err != nil {
		return ocispecs.Descriptor{}, err
	}
	d := digester.Digest()
	if err := errors.Join(tmp.Chmod(0o644), tmp.CommitAs(l.blob(d))); err != nil {
		return ocispecs.Descriptor{}, err
	}
	return ocispecs.Descriptor{MediaType: mediaType, Digest: d, Size: info.Size()}, nil
}

// writeIndex replaces index.json, and writes the oci-layout file that marks the folder.
func (l layout) writeIndex(index ocispecs.Index) error {
	marker, err := json.Marshal(ocispecs.ImageLayout{Version: ocispecs.ImageLayoutVersion})
	if err != nil {
		return err
	}
	data, err := json.Marshal(index)
	if err != nil {
		return err
	}
	return errors.Join(l.replace(ocispecs.ImageLayoutFile, marker), l.replace(ocispecs.ImageIndexFile, data))
}

// replace writes a file of the layout at once: readers see the old content or the new.
func (l layout) replace(name string, data []byte) error {
	return atomicfile.Write(filepath.Join(string(l), name), tempPattern, 0o644, data)
}

// prune removes the images of other binaries, and stray blobs, that were not used for a while. The
// caller holds the lock.
func (l layout) prune(stamp string) error {
	entries, err := os.ReadDir(l.blobs())
	if err != nil {
		return err
	}
	index := l.index()
	used := map[string]bool{}
	for _, desc := range index.Manifests {
		if desc.Annotations[stampAnnotation] == stamp {
			_, blobs, _ := l.complete(desc)
			for _, d := range blobs {
				used[d.Encoded()] = true
			}
		}
	}
	var errs []error
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || used[e.Name()] || time.Since(info.ModTime()) < keep {
			continue
		}
		errs = append(errs, os.Remove(filepath.Join(l.blobs(), e.Name())))
	}
	n := len(index.Manifests)
	index.Manifests = slices.DeleteFunc(index.Manifests, func(desc ocispecs.Descriptor) bool {
		_, _, ok := l.complete(desc)
		return !ok
	})
	if len(index.Manifests) != n {
		errs = append(errs, l.writeIndex(index))
	}
	return errors.Join(errs...)
}
