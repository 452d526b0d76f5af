package oracle_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/containerd/platforms"
	"github.com/layerwise/layerwise/analyzer/internal/oracle/internal/mutate"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// fuzzImages answers every reference with the image of the world that is built,
// also when engines ask at the same time.
type fuzzImages struct {
	*images
	mu    sync.Mutex
	known map[string]resolved // by name and platform
}

type resolved struct {
	digest digest.Digest
	config []byte
}

func newFuzzImages(t *testing.T) *fuzzImages {
	m := &fuzzImages{images: newImages(t), known: map[string]resolved{}}
	m.start("fuzz")
	return m
}

// use makes this world's image the one that answers.
func (m *fuzzImages) use(w *mutate.World) {
	i := w.Image
	v := variant{onBuild: w.Triggers(), files: [][2]string{
		{"/opt/version", fmt.Sprint(w.Salt, i.Version)}, {"/etc/release", fmt.Sprint(w.Salt, i.Release)}}}
	for name, value := range i.Env {
		v.env = append(v.env, name+"="+value)
	}
	name := fmt.Sprint(w.Salt, i.Version, i.Release, i.Env, w.Triggers())
	m.variants[name] = v
	m.current = name
}

// Resolve answers with the image in use. It is written once: an engine may be
// reading it.
func (m *fuzzImages) Resolve(ctx context.Context, platform ocispecs.Platform) (digest.Digest, []byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := m.current + " " + platforms.FormatAll(platform)
	if r, ok := m.known[key]; ok {
		return r.digest, r.config, nil
	}
	d, config, err := m.images.Resolve(ctx, platform)
	if err == nil {
		m.known[key] = resolved{d, config}
	}
	return d, config, err
}
