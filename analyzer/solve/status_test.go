package solve

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/moby/buildkit/client"
	"github.com/opencontainers/go-digest"
)

// TestExporting counts what was exported at the same time once, and nothing else.
func TestExporting(t *testing.T) {
	s := newStatuses()
	at := func(seconds int) *time.Time {
		moment := time.Unix(int64(seconds), 0)
		return &moment
	}
	for _, v := range []client.Vertex{
		{Digest: "a", Name: "exporting to oci image format", Started: at(10), Completed: at(14)},
		{Digest: "b", Name: "exporting to client directory", Started: at(11), Completed: at(12)},
		{Digest: "c", Name: "exporting cache to client directory", Started: at(13), Completed: at(16)},
		{Digest: "d", Name: "exporting cache to registry", Started: at(20), Completed: at(21)},
		{Digest: "e", Name: "exporting to image", Started: at(30)},
		{Digest: "f", Name: "exporting everything", Inputs: []digest.Digest{"x"}, Started: at(0), Completed: at(9)},
		{Digest: "g", Name: "[2/2] RUN exporting", Started: at(0), Completed: at(9)},
	} {
		s.add(&client.SolveStatus{Vertexes: []*client.Vertex{&v}})
	}
	if got := s.exporting(); got != 7 {
		t.Errorf("exported for %v s, want 7", got)
	}
	for seconds, want := range map[float64][]record.Phase{
		0: {{Name: "build", Seconds: 5}}, 2: {{Name: "build", Seconds: 3}, {Name: "export", Seconds: 2}}, 9: {{Name: "build"}, {Name: "export", Seconds: 5}},
	} {
		if d := cmp.Diff(want, splitExport([]record.Phase{{Name: "build", Seconds: 5}}, seconds)); d != "" {
			t.Errorf("%v s: %s", seconds, d)
		}
	}
}
