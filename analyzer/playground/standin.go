package playground

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// StandIn answers every image reference with the playground image. Its image
// lies in an OCI layout that the client's session serves to the engine.
type StandIn struct{ dir string }

// NewStandIn keeps the layout in dir, which is made when it is first asked for.
func NewStandIn(dir string) *StandIn { return &StandIn{dir: dir} }

// Name is what reports call it.
func (s *StandIn) Name() string { return "playground" }

// Store is the id of the layout in the session.
func (s *StandIn) Store() string { return "layerwise-playground" }

// Folder is where the layout lies.
func (s *StandIn) Folder() string { return s.dir }

// Resolve returns the manifest digest and the config for a platform.
func (s *StandIn) Resolve(ctx context.Context, platform ocispecs.Platform) (digest.Digest, []byte, error) {
	desc, err := Layout(ctx, s.dir, platform)
	if err != nil {
		return "", nil, err
	}
	dt, err := s.blob(desc.Digest)
	if err != nil {
		return "", nil, err
	}
	var manifest ocispecs.Manifest
	if err := json.Unmarshal(dt, &manifest); err != nil {
		return "", nil, fmt.Errorf("playground image: %w", err)
	}
	config, err := s.blob(manifest.Config.Digest)
	return desc.Digest, config, err
}

func (s *StandIn) blob(d digest.Digest) ([]byte, error) {
	return os.ReadFile(filepath.Join(s.dir, "blobs", d.Algorithm().String(), d.Encoded()))
}
