package embedded_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/content/proxy"
	contentlocal "github.com/containerd/containerd/v2/plugins/content/local"
	controlapi "github.com/moby/buildkit/api/services/control"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/frontend/dockerfile/builder"
	"github.com/moby/buildkit/identity"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/secrets/secretsprovider"
	provenancetypes "github.com/moby/buildkit/solver/llbsolver/provenance/types"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/tonistiigi/fsutil"

	"github.com/layerwise/layerwise/analyzer/engine/embedded"
)

// buildDockerfile builds an image from a context with /step in it, and returns
// the provenance that BuildKit kept of the build.
func buildDockerfile(t *testing.T, e *embedded.Engine, dockerfile string) provenancetypes.ProvenancePredicateSLSA1 {
	t.Helper()
	dir := folder(t, map[string]string{"Dockerfile": dockerfile})
	program, err := os.ReadFile(filepath.Join(stepProgram, "step"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "step"), program, 0o755); err != nil {
		t.Fatal(err)
	}
	fs, err := fsutil.NewFS(dir)
	if err != nil {
		t.Fatal(err)
	}
	image, err := contentlocal.NewStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	ref := identity.NewID()
	_, err = e.Client().Build(t.Context(), client.SolveOpt{
		Ref:         ref,
		LocalMounts: map[string]fsutil.FS{"context": fs, "dockerfile": fs},
		Session:     []session.Attachable{secretsprovider.FromMap(map[string][]byte{"token": []byte("x")})},
		Exports:     []client.ExportEntry{{Type: client.ExporterOCI, Attrs: map[string]string{"tar": "false"}, OutputStore: image}},
	}, "", builder.Build, nil)
	if err != nil {
		t.Fatal(err)
	}
	history, err := e.Client().ControlClient().ListenBuildHistory(t.Context(), &controlapi.BuildHistoryRequest{Ref: ref, EarlyExit: true})
	if err != nil {
		t.Fatal(err)
	}
	var record *controlapi.BuildHistoryRecord
	for {
		event, err := history.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		record = event.Record
	}
	if record == nil || record.Result == nil || len(record.Result.Attestations) == 0 {
		t.Fatalf("no provenance in the history: %v", record)
	}
	attestation := record.Result.Attestations[0]
	text, err := content.ReadBlob(t.Context(), proxy.NewContentStore(e.Client().ContentClient()),
		ocispecs.Descriptor{Digest: digest.Digest(attestation.Digest), Size: attestation.Size})
	if err != nil {
		t.Fatal(err)
	}
	var p provenancetypes.ProvenancePredicateSLSA1
	if err := json.Unmarshal(text, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// Recording operations must not change what BuildKit says of a build: which
// secrets its steps had, and which step made which layer, whether it ran or came
// from the cache.
func TestProvenance(t *testing.T) {
	const dockerfile = `FROM scratch
COPY step /step
RUN --mount=type=secret,id=token --mount=type=bind,target=/context ["/step", "write", "/x", "x"]
`
	e := start(t, embedded.Options{})
	for _, again := range []string{"cold", "warm"} {
		p := buildDockerfile(t, e, dockerfile)
		secrets := p.BuildDefinition.ExternalParameters.Request.Secrets
		if len(secrets) != 1 || secrets[0].ID != "token" {
			t.Errorf("%s: secrets are %+v, want token", again, secrets)
		}
		if locals := p.BuildDefinition.ExternalParameters.Request.Locals; len(locals) == 0 {
			t.Errorf("%s: no local sources", again)
		}
		layers := 0
		for _, chains := range p.RunDetails.Metadata.BuildKitMetadata.Layers {
			for _, chain := range chains {
				layers = max(layers, len(chain))
			}
		}
		if layers != 2 {
			t.Errorf("%s: longest chain has %d layers, want 2", again, layers)
		}
	}
}
