//go:build linux

package probe

import (
	"context"
	"fmt"
	"strings"

	"github.com/moby/buildkit/cache"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/solver"
	"github.com/moby/buildkit/solver/llbsolver/provenance"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/source"
	srctypes "github.com/moby/buildkit/source/types"
	"github.com/moby/buildkit/worker"
	"github.com/opencontainers/go-digest"

	"github.com/layerwise/layerwise/analyzer/engine"
)

// sources is one source for all schemes: it hands everything to the sources
// behind it, and records what their instances do.
type sources struct {
	inner    *source.Manager
	recorder *Recorder
	worker   worker.Worker // that keeps what they fetch
}

func (s *sources) Schemes() []string {
	return []string{
		srctypes.DockerImageScheme, srctypes.DockerImageBlobScheme,
		srctypes.OCIScheme, srctypes.OCIBlobScheme,
		srctypes.GitScheme, srctypes.HTTPScheme, srctypes.HTTPSScheme,
		srctypes.LocalScheme,
	}
}

func (s *sources) Identifier(scheme, ref string, attrs map[string]string, platform *pb.Platform) (source.Identifier, error) {
	op := &pb.Op_Source{Source: &pb.SourceOp{Identifier: scheme + "://" + ref, Attrs: attrs}}
	inner, err := s.inner.Identifier(op, platform)
	if err != nil {
		return nil, err
	}
	return &identifier{Identifier: inner, graph: s.recorder.graph}, nil
}

// Resolve is called once for each source vertex, with the identifier that
// Identifier made for it.
func (s *sources) Resolve(ctx context.Context, id source.Identifier, sm *session.Manager, v solver.Vertex) (source.SourceInstance, error) {
	own, ok := id.(*identifier)
	if !ok {
		return nil, fmt.Errorf("resolve source %s: unexpected identifier %T", id, id)
	}
	inner, err := s.inner.Resolve(ctx, own.Identifier, sm, v)
	if err != nil {
		return nil, err
	}
	own.vertex = v.Digest()
	active := s.recorder.of(v.Digest())
	return &instance{
		inner:    inner,
		recorder: s.recorder,
		worker:   s.worker,
		vertex:   v.Digest(),
		active:   active,
		node:     s.recorder.newNode(v, nil, active),
		pinned:   id.Scheme() != srctypes.LocalScheme,
	}, nil
}

// identifier adds to the provenance of a source that of the exec operations
// which build on it; see provenance.go.
type identifier struct {
	source.Identifier
	graph  *graph
	vertex digest.Digest
}

func (id *identifier) Capture(dest *provenance.Capture, pin string) error {
	if err := id.Identifier.Capture(dest, pin); err != nil {
		return err
	}
	return id.graph.capture(dest, id.vertex)
}

type instance struct {
	inner    source.SourceInstance
	recorder *Recorder
	worker   worker.Worker
	vertex   digest.Digest
	active   *active
	node     *node
	pinned   bool // BuildKit's pin of a local source is the session's, not its content's
}

func (i *instance) CacheKey(ctx context.Context, job solver.JobContext, index int) (key, pin string, opts solver.CacheOpts, done bool, err error) {
	if err := i.recorder.graph.add(job, i.vertex, i.node); err != nil {
		return "", "", nil, false, err
	}
	key, pin, opts, done, err = i.inner.CacheKey(ctx, job, index)
	if err != nil {
		return key, pin, opts, done, err
	}
	i.recorder.update(i.active, func(f *engine.Fact) {
		if index == 0 {
			f.Key = sourceKey(key)
		}
		if i.pinned && f.Pin == "" {
			f.Pin = pin
		}
	})
	return key, pin, withVertex(opts, i.vertex), done, nil
}

// sourceKey is the digest that BuildKit's SourceOp.CacheMap makes of a source's
// key (solver/llbsolver/ops/source.go).
func sourceKey(key string) digest.Digest {
	d := digest.FromString("buildkit.source.v0:" + key)
	if strings.HasPrefix(key, "session:") {
		return digest.Digest("random:" + d.Encoded())
	}
	return d
}

func (i *instance) Snapshot(ctx context.Context, job solver.JobContext) (cache.ImmutableRef, error) {
	start := i.recorder.begin(i.active)
	ref, err := i.inner.Snapshot(ctx, job)
	i.recorder.end(i.active, start, err)
	if err == nil {
		i.recorder.results.made(i.active, worker.NewWorkerRefResult(ref, i.worker))
	}
	return ref, err
}
