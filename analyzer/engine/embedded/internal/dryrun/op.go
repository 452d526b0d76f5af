//go:build linux

package dryrun

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/moby/buildkit/identity"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/solver"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
)

// op is an operation that knows its key and does not run. Only sources are what
// they are: their files tell the keys of others. Those of the client are taken
// at once, remote ones and inline documents when their files are needed.
type op struct {
	solver.Op // nil where BuildKit refuses the definition
	refused   error
	world     *world
	vertex    solver.Vertex
	proto     *pb.Op
	keyless   atomic.Bool // there was an error in place of a key
}

// newOp wraps what BuildKit made of a vertex, or its error.
func newOp(w *world, v solver.Vertex, inner solver.Op, err error) *op {
	proto, _ := v.Sys().(*pb.Op)
	return &op{Op: inner, refused: err, world: w, vertex: v, proto: proto}
}

// CacheMap returns the key. Where there is none, the solver gets one that fits
// nothing, so that it goes on with the rest, and the error is a fact.
func (o *op) CacheMap(ctx context.Context, job solver.JobContext, index int) (*solver.CacheMap, bool, error) {
	cacheMap, done, err := o.cacheMap(ctx, job, index)
	if err != nil {
		if ctx.Err() != nil {
			return nil, false, err
		}
		o.keyless.Store(true)
		o.world.failed(o.vertex, fmt.Errorf("failed to load cache key: %w", err))
		return o.unknownMap(), true, nil
	}
	wrapped := *cacheMap
	wrapped.Deps = slices.Clone(cacheMap.Deps)
	for i := range wrapped.Deps {
		dep := &wrapped.Deps[i]
		if dep.ComputeDigestFunc != nil {
			dep.ComputeDigestFunc = o.content(i, dep.PreprocessFunc, dep.ComputeDigestFunc)
		}
		if dep.PreprocessFunc != nil { // it would fetch what Exec needs
			dep.PreprocessFunc = func(context.Context, solver.Result, session.Group) error { return nil }
		}
	}
	return &wrapped, done, nil
}

func (o *op) cacheMap(ctx context.Context, job solver.JobContext, index int) (*solver.CacheMap, bool, error) {
	switch {
	case o.refused != nil:
		return nil, false, o.refused
	case o.proto.GetSource() != nil:
		return o.world.sources.cacheMap(ctx, o, job, index)
	}
	return o.Op.CacheMap(ctx, job, index)
}

func (o *op) unknownMap() *solver.CacheMap {
	m := &solver.CacheMap{Digest: unknown(identity.NewID())}
	for range o.vertex.Inputs() {
		m.Deps = append(m.Deps, struct {
			Selector          digest.Digest
			ComputeDigestFunc solver.ResultBasedCacheFunc
			PreprocessFunc    solver.PreprocessFunc
		}{})
	}
	return m
}

// unknown is a checksum that fits nothing but itself.
func unknown(what string) digest.Digest {
	return digest.Digest("random:" + digest.FromString(what).Encoded())
}

// content returns the function that computes the checksum of the files of one
// input. Files that nobody has made have the one that the world supposes.
func (o *op) content(input int, prepare solver.PreprocessFunc, compute solver.ResultBasedCacheFunc) solver.ResultBasedCacheFunc {
	from := o.vertex.Inputs()[input]
	return func(ctx context.Context, result solver.Result, group session.Group) (digest.Digest, error) {
		if p := phantomOf(result); p != nil && p.source == nil || o.world.maybeOther(from.Vertex.Digest()) {
			return o.world.suppose(o.vertex.Digest(), fmt.Sprintf("%s %d of %s", from.Vertex.Digest(), from.Index, o.selection(input))), nil
		}
		checksum, err := checksumOf(ctx, result, group, prepare, compute)
		if err != nil && ctx.Err() == nil {
			o.world.failed(o.vertex, fmt.Errorf("failed to compute cache key: %w", err))
			return unknown(identity.NewID()), nil
		}
		return checksum, err
	}
}

// checksumOf computes the checksum of files that are there, or can be fetched.
func checksumOf(ctx context.Context, result solver.Result, group session.Group, prepare solver.PreprocessFunc, compute solver.ResultBasedCacheFunc) (digest.Digest, error) {
	if p := phantomOf(result); p != nil {
		var err error
		if result, err = p.source.get(ctx); err != nil {
			return "", err
		}
	}
	if prepare != nil {
		if err := prepare(ctx, result, group); err != nil {
			return "", err
		}
	}
	return compute(ctx, result, group)
}

// selection is what an operation takes from an input, for telling apart what is
// not known: the files of one folder and those of another.
func (o *op) selection(input int) string {
	var all []string
	for _, a := range o.proto.GetFile().GetActions() {
		if c := a.GetCopy(); c != nil && int(a.SecondaryInput) == input {
			all = append(all, fmt.Sprint(c.Src, c.AllowWildcard, c.FollowSymlink, c.IncludePatterns, c.ExcludePatterns, c.RequiredPaths))
		}
	}
	for _, m := range o.proto.GetExec().GetMounts() {
		if int(m.Input) == input {
			all = append(all, m.Selector)
		}
	}
	return strings.Join(all, "\n")
}

// Exec says that the operation would run. A source of the client is transferred.
func (o *op) Exec(ctx context.Context, job solver.JobContext, _ []solver.Result) ([]solver.Result, error) {
	o.world.refuse(o.vertex)
	if isLocal(o.proto) && !o.keyless.Load() {
		results, err := o.world.sources.transfer(ctx, o, job)
		if err == nil || ctx.Err() != nil {
			return results, err
		}
		o.world.failed(o.vertex, err)
		return phantoms(o.world.worker, o.proto, nil), nil
	}
	var late *lateSource
	if (o.proto.GetSource() != nil || isInline(o.proto)) && !o.keyless.Load() {
		late = o.world.sources.late(o, job)
	}
	return phantoms(o.world.worker, o.proto, late), nil
}

// Acquire takes nothing: nothing runs.
func (o *op) Acquire(ctx context.Context) (solver.ReleaseFunc, error) {
	return func() {}, ctx.Err()
}

// isInline tells files that a definition itself has, such as a heredoc, on top of
// nothing.
func isInline(proto *pb.Op) bool {
	for _, a := range proto.GetFile().GetActions() {
		if a.GetMkfile() == nil && a.GetMkdir() == nil {
			return false
		}
	}
	return proto.GetFile() != nil && len(proto.Inputs) == 0
}

func isLocal(proto *pb.Op) bool {
	return strings.HasPrefix(proto.GetSource().GetIdentifier(), "local://")
}
