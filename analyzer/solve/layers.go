package solve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	contentapi "github.com/containerd/containerd/api/services/content/v1"
	"github.com/layerwise/layerwise/analyzer/image"
	"github.com/layerwise/layerwise/analyzer/plan"
	"github.com/layerwise/layerwise/analyzer/record"
	controlapi "github.com/moby/buildkit/api/services/control"
	"github.com/moby/buildkit/client"
	provenance "github.com/moby/buildkit/solver/llbsolver/provenance/types"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// addLayers joins the steps with the layers of the exported image. Which layer
// belongs to which operation is in the provenance that BuildKit keeps with the
// history of a build: for every operation the chain of layers that its result
// consists of. What the chain has on top of that of its base is its own.
func (r *run) addLayers(ctx context.Context, rec *record.Record, response *client.SolveResponse) error {
	if response == nil || response.ExporterResponse["containerimage.digest"] == "" {
		return nil // nothing was exported that has layers
	}
	history, err := r.history(ctx)
	if err != nil || history == nil {
		return err
	}
	results := map[string]*controlapi.BuildResultInfo{}
	for platform, info := range history.Results {
		results[platform] = info
	}
	if len(results) == 0 && history.Result != nil && len(r.plan.Builds) == 1 {
		results[r.plan.Builds[0].Platform] = history.Result
	}
	blobs := &blobs{client: r.engine.Client().ContentClient(), cache: image.NewCache(r.LayerCache), read: map[digest.Digest]image.Layer{}}
	offset := 0
	for _, b := range r.plan.Builds {
		steps := rec.Steps[offset : offset+len(b.Steps)]
		offset += len(b.Steps)
		info := results[b.Platform]
		if info == nil || len(info.Attestations) == 0 {
			continue
		}
		if err := addPlatformLayers(ctx, blobs, b, steps, info.Attestations[0]); err != nil {
			return err
		}
	}
	return nil
}

// history returns the engine's record of this build, nil if it keeps none.
func (r *run) history(ctx context.Context) (*controlapi.BuildHistoryRecord, error) {
	request := &controlapi.BuildHistoryRequest{Ref: r.ref, EarlyExit: true}
	if r.engine.Capabilities().Private {
		// BuildKit never removes a build that somebody asked for by its name, see
		// forgetCredentials; and the history of this engine is short.
		request.Ref = ""
	}
	stream, err := r.engine.Client().ControlClient().ListenBuildHistory(ctx, request)
	if err != nil {
		return nil, err
	}
	var found *controlapi.BuildHistoryRecord
	for {
		event, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return found, nil
		}
		if err != nil {
			return nil, err
		}
		if event.Record != nil && event.Record.Ref == r.ref {
			found = event.Record
		}
	}
}

func addPlatformLayers(ctx context.Context, blobs *blobs, b *plan.Build, steps []record.Step, attestation *controlapi.Descriptor) error {
	var p provenance.ProvenancePredicateSLSA1
	if err := blobs.json(ctx, attestation, &p); err != nil {
		return err
	}
	config := p.BuildDefinition.InternalParameters.BuildConfig
	if config == nil || p.RunDetails.Metadata == nil {
		return errors.New("the engine's history has no build definition")
	}
	c := newChains(b, config.DigestMapping, p.RunDetails.Metadata.BuildKitMetadata.Layers)
	inImage := b.InImage()
	for i, s := range b.Steps {
		if !inImage[s] {
			continue
		}
		own, first := c.own(s)
		for j, d := range own {
			layer := record.Layer{Digest: string(d.Digest), Size: d.Size, Index: first + j}
			if l, err := blobs.layer(ctx, d); err == nil { // a lazy base has layers that the engine never fetched
				layer.DiffID, layer.Uncompressed, layer.ContentSize, layer.Files = string(l.DiffID), &l.Size, &l.Content, &l.Files
			}
			steps[i].Layers = append(steps[i].Layers, layer)
		}
	}
	return nil
}

// blobs reads from the engine's content store, each layer once.
type blobs struct {
	client contentapi.ContentClient
	cache  *image.Cache
	read   map[digest.Digest]image.Layer
}

// maxDocument bounds JSON documents of the engine.
const maxDocument = 256 << 20

func (b *blobs) json(ctx context.Context, d *controlapi.Descriptor, v any) error {
	if d.Size > maxDocument {
		return fmt.Errorf("%s has %d bytes, which is too much", d.Digest, d.Size)
	}
	rd, err := b.open(ctx, digest.Digest(d.Digest), d.Size)
	if err != nil {
		return err
	}
	return json.NewDecoder(rd).Decode(v)
}

func (b *blobs) open(ctx context.Context, d digest.Digest, size int64) (io.Reader, error) {
	stream, err := b.client.Read(ctx, &contentapi.ReadContentRequest{Digest: string(d), Size: size})
	if err != nil {
		return nil, err
	}
	return &blobReader{stream: stream}, nil
}

type blobReader struct {
	stream contentapi.Content_ReadClient
	rest   []byte
}

func (r *blobReader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 {
		msg, err := r.stream.Recv()
		if err != nil {
			return 0, err
		}
		r.rest = msg.Data
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// layer says what a layer holds.
func (b *blobs) layer(ctx context.Context, d ocispecs.Descriptor) (image.Layer, error) {
	if l, ok := b.read[d.Digest]; ok {
		return l, nil
	}
	ctx, cancel := context.WithCancel(ctx) // ends the stream of one that is not read to its end
	defer cancel()
	l, err := b.cache.Layer(ctx, d, func(ctx context.Context) (io.Reader, error) { return b.open(ctx, d.Digest, d.Size) })
	if err == nil {
		b.read[d.Digest] = l
	}
	return l, err
}
