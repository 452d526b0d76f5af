// Package standin answers base images where no registry is asked: every one of
// them with the playground image, which is made of the running program.
package standin

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/layerwise/layerwise/analyzer/internal/playground"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// Main must be called first in main. In a container of the playground image,
// whose shell and tools are this program under other names, it does not return;
// elsewhere it does nothing.
func Main() { playground.Main() }

// Playground answers every image reference with the playground image. Its image
// lies in an OCI layout that the client's session serves to the engine.
type Playground struct{ dir string }

// NewPlayground keeps the layout in dir, which is made when it is first asked for.
func NewPlayground(dir string) *Playground { return &Playground{dir: dir} }

// Name is what reports call it.
func (p *Playground) Name() string { return "playground" }

// Store is the id of the layout in the session.
func (p *Playground) Store() string { return "layerwise-playground" }

// Folder is where the layout lies.
func (p *Playground) Folder() string { return p.dir }

// Resolve returns the manifest digest and the config for a platform.
func (p *Playground) Resolve(ctx context.Context, platform ocispecs.Platform) (digest.Digest, []byte, error) {
	desc, err := playground.Layout(ctx, p.dir, platform)
	if err != nil {
		return "", nil, err
	}
	dt, err := p.blob(desc.Digest)
	if err != nil {
		return "", nil, err
	}
	var manifest ocispecs.Manifest
	if err := json.Unmarshal(dt, &manifest); err != nil {
		return "", nil, fmt.Errorf("playground image: %w", err)
	}
	config, err := p.blob(manifest.Config.Digest)
	return desc.Digest, config, err
}

func (p *Playground) blob(d digest.Digest) ([]byte, error) {
	return os.ReadFile(filepath.Join(p.dir, "blobs", d.Algorithm().String(), d.Encoded()))
}
