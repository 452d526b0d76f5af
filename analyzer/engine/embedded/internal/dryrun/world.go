//go:build linux

package dryrun

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/moby/buildkit/identity"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/solver"
	"github.com/moby/buildkit/solver/llbsolver"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/worker"
	"github.com/opencontainers/go-digest"
	"golang.org/x/sync/errgroup"

	"github.com/layerwise/layerwise/analyzer/engine/embedded/internal/probe"
)

// world is one run of the solver, with one supposition on files that nobody has
// made.
type world struct {
	worker   worker.Worker
	recorder *probe.Recorder
	sessions *session.Manager
	sources  *sources
	// fits says that such files fit whatever the cache knows; else they fit
	// nothing.
	fits bool
	// doubtful are the vertices that may have another result than the one that
	// the cache has for them here; only where fits is set.
	doubtful map[digest.Digest]bool

	mu sync.Mutex
	// inputs of the vertices that were looked at, and of these the ones that would
	// run, and the ones whose key is supposed.
	inputs   map[digest.Digest][]digest.Digest
	refused  map[digest.Digest]bool
	supposed map[digest.Digest]bool
}

func newWorld(w worker.Worker, recorder *probe.Recorder, sessions *session.Manager, s *sources) *world {
	return &world{
		worker: w, recorder: recorder, sessions: sessions, sources: s,
		inputs: map[digest.Digest][]digest.Digest{}, refused: map[digest.Digest]bool{}, supposed: map[digest.Digest]bool{},
	}
}

// solve solves the definitions as one build.
func (w *world) solve(ctx context.Context, keys *overlay, r *request) (err error) {
	kept := newResults(w.worker)
	defer func() { err = errors.Join(err, kept.release(context.WithoutCancel(ctx))) }()
	s := solver.NewSolver(solver.SolverOpt{
		ResolveOpFunc: w.resolve,
		DefaultCache:  solver.NewCacheManager(ctx, "local", keys, kept),
	})
	defer s.Close()
	job, err := s.NewJob(identity.NewID())
	if err != nil {
		return err
	}
	job.SessionID = r.session
	defer func() {
		job.CloseProgress()
		err = errors.Join(err, job.Discard())
	}()
	var edges []solver.Edge
	for _, def := range r.definitions {
		edge, err := w.load(ctx, def, r)
		if err != nil {
			return err
		}
		edges = append(edges, edge)
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, edge := range edges {
		group.Go(func() error {
			result, err := job.Build(ctx, edge)
			if err != nil {
				return err
			}
			return result.Release(context.WithoutCancel(ctx))
		})
	}
	return group.Wait()
}

// load makes vertices of a definition, as llbBridge.loadResult in BuildKit's
// solver/llbsolver/bridge.go does, but empties no cache mounts.
func (w *world) load(ctx context.Context, def *pb.Definition, r *request) (solver.Edge, error) {
	edge, err := llbsolver.Load(ctx, def, nil,
		llbsolver.ValidateEntitlements(r.allowed, w.worker.CDIManager()),
		llbsolver.WithCacheSources(r.imported),
		llbsolver.NormalizeRuntimePlatforms(),
		llbsolver.WithValidateCaps(),
		llbsolver.WithLinuxResourcesMetadata(),
	)
	if err != nil {
		return edge, fmt.Errorf("failed to load LLB: %w", err)
	}
	return edge, nil
}

func (w *world) resolve(v solver.Vertex, _ solver.Builder) (solver.Op, error) {
	inner, err := w.worker.ResolveOp(v, nil, w.sessions, worker.ProxyOpt{})
	w.mu.Lock()
	defer w.mu.Unlock()
	var inputs []digest.Digest
	for _, in := range v.Inputs() {
		inputs = append(inputs, in.Vertex.Digest())
	}
	w.inputs[v.Digest()] = inputs
	return newOp(w, v, inner, err), nil
}

// refuse notes that a vertex would run.
func (w *world) refuse(v solver.Vertex) {
	w.recorder.Wanted(v.Digest())
	w.mu.Lock()
	defer w.mu.Unlock()
	w.refused[v.Digest()] = true
}

func (w *world) failed(v solver.Vertex, err error) { w.recorder.Failed(v.Digest(), err) }

// suppose returns the checksum that a vertex gets for files that nobody has made.
func (w *world) suppose(vertex digest.Digest, files string) digest.Digest {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.supposed[vertex] = true
	if w.fits {
		return wildcard
	}
	return unknown(files)
}

// maybeOther says that the files that the cache has for a vertex may not be the
// ones that a build would have.
func (w *world) maybeOther(vertex digest.Digest) bool { return w.doubtful[vertex] }

// hangs returns the vertices that would run, and whose keys are not known: what
// they take, or what they stand on, would have to be made first.
func (w *world) hangs() map[digest.Digest]bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	known := map[digest.Digest]bool{}
	var visit func(digest.Digest) bool
	visit = func(v digest.Digest) bool {
		if hanging, ok := known[v]; ok {
			return hanging
		}
		hanging := w.supposed[v]
		for _, in := range w.inputs[v] {
			hanging = visit(in) || hanging
		}
		hanging = hanging && w.refused[v]
		known[v] = hanging
		return hanging
	}
	for v := range w.inputs {
		visit(v)
	}
	for v, hanging := range known {
		if !hanging {
			delete(known, v)
		}
	}
	return known
}
