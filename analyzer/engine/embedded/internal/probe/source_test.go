//go:build linux

package probe

import (
	"context"
	"testing"

	"github.com/moby/buildkit/cache"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/solver"
	"github.com/moby/buildkit/solver/llbsolver/ops"
	"github.com/moby/buildkit/solver/llbsolver/provenance"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/source"
	"github.com/moby/buildkit/worker"
)

// fakeSource resolves everything to the key that its reference spells.
type fakeSource struct{}

func (fakeSource) Schemes() []string { return []string{"docker-image", "local"} }

func (fakeSource) Identifier(scheme, ref string, _ map[string]string, _ *pb.Platform) (source.Identifier, error) {
	return fakeIdentifier{scheme, ref}, nil
}

func (fakeSource) Resolve(_ context.Context, id source.Identifier, _ *session.Manager, _ solver.Vertex) (source.SourceInstance, error) {
	return fakeInstance(id.(fakeIdentifier).ref), nil
}

type fakeIdentifier struct{ scheme, ref string }

func (id fakeIdentifier) String() string                            { return id.scheme + "://" + id.ref }
func (id fakeIdentifier) Scheme() string                            { return id.scheme }
func (id fakeIdentifier) Capture(*provenance.Capture, string) error { return nil }

type fakeInstance string

func (i fakeInstance) CacheKey(context.Context, solver.JobContext, int) (string, string, solver.CacheOpts, bool, error) {
	return string(i), "pin", nil, true, nil
}

func (fakeInstance) Snapshot(context.Context, solver.JobContext) (cache.ImmutableRef, error) {
	return nil, nil
}

// fakeWorker has a name alone.
type fakeWorker struct{ worker.Worker }

func (fakeWorker) ID() string { return "worker" }

// The recorded key is the one that BuildKit's own operation gives the solver.
func TestSourceKey(t *testing.T) {
	inner, err := source.NewManager()
	if err != nil {
		t.Fatal(err)
	}
	inner.Register(fakeSource{})
	recorder := NewRecorder(nil)
	outer, err := source.NewManager()
	if err != nil {
		t.Fatal(err)
	}
	outer.Register(&sources{inner: inner, recorder: recorder, worker: fakeWorker{}})
	for _, tt := range []struct{ identifier, pin string }{
		{"docker-image://busybox", "pin"},
		{"docker-image://session:busybox", "pin"},
		{"local://session:context", ""},
	} {
		v := vertex{name: tt.identifier}
		op, err := ops.NewSourceOp(v, &pb.Op_Source{Source: &pb.SourceOp{Identifier: tt.identifier}}, nil, outer, nil, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		recorder.Begin("key", "")
		cacheMap, _, err := op.CacheMap(t.Context(), &life{}, 0)
		if err != nil {
			t.Fatal(err)
		}
		recorder.Told("key", v.Digest())
		recorder.End("key")
		fact := take(t, recorder, "key")[v.Digest()]
		if fact.Key != cacheMap.Digest || fact.Pin != tt.pin || fact.Executions != 0 {
			t.Errorf("%s: recorded %+v, the solver got key %s", tt.identifier, fact, cacheMap.Digest)
		}
		recorder.Begin("run", "")
		if _, err := op.Exec(t.Context(), &life{}, nil); err != nil {
			t.Fatal(err)
		}
		recorder.Told("run", v.Digest())
		recorder.End("run")
		if fact := take(t, recorder, "run")[v.Digest()]; fact.Executions != 1 {
			t.Errorf("%s: recorded %+v after a run", tt.identifier, fact)
		}
		if id, _ := op.Pin(); id.String() != tt.identifier {
			t.Errorf("%s: identifier is %s", tt.identifier, id)
		}
	}
}
