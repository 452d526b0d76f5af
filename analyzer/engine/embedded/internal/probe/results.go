//go:build linux

package probe

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/moby/buildkit/solver"
	"github.com/opencontainers/go-digest"

	"github.com/layerwise/layerwise/analyzer/engine"
)

// Results returns a store of results that records what the solver finds in it and
// puts into it. Neither call says for which vertex: the one that asks has left its
// digest in the options of its cache map, and what is put in was made before.
func (r *Recorder) Results(store solver.CacheResultStorage) solver.CacheResultStorage {
	return &recordedResults{CacheResultStorage: store, recorder: r}
}

type recordedResults struct {
	solver.CacheResultStorage
	recorder *Recorder
}

// vertexKey is where a cache map has the digest of its vertex.
type vertexKey struct{}

func withVertex(opts solver.CacheOpts, vertex digest.Digest) solver.CacheOpts {
	own := solver.CacheOpts{vertexKey{}: vertex}
	maps.Copy(own, opts)
	return own
}

// Exists is asked for each result that a vertex's key leads to. A vertex that
// failed before gives way to one that it builds on (withAncestorCacheOpts in
// BuildKit's solver/cacheopts.go), which is then a part of the result.
func (s *recordedResults) Exists(ctx context.Context, id string) bool {
	found := s.CacheResultStorage.Exists(ctx, id)
	if get := solver.CacheOptGetterOf(ctx); found && get != nil {
		if vertex, ok := get(false, vertexKey{})[vertexKey{}].(digest.Digest); ok {
			s.recorder.found(vertex)
		}
	}
	return found
}

// Save is called for what an operation made, unless the build was given up before.
func (s *recordedResults) Save(result solver.Result, at time.Time) (solver.CacheResult, error) {
	saved, err := s.CacheResultStorage.Save(result, at)
	if err == nil {
		for _, maker := range s.recorder.results.makers(result.ID()) {
			s.recorder.update(maker, func(f *engine.Fact) { f.Kept = true })
		}
	}
	return saved, err
}

// results remembers which vertices made a result, by its id. Operations that make
// nothing share one.
type results struct {
	mu sync.Mutex
	by map[string][]*active
}

func newResults() *results { return &results{by: map[string][]*active{}} }

func (r *results) made(maker *active, outputs ...solver.Result) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, output := range outputs {
		if output != nil {
			r.by[output.ID()] = append(r.by[output.ID()], maker)
		}
	}
}

// forget drops what was made in builds that are over.
func (r *results) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.by)
}

// makers returns the vertices that made a result, and forgets them.
func (r *results) makers(id string) []*active {
	r.mu.Lock()
	defer r.mu.Unlock()
	made := r.by[id]
	delete(r.by, id)
	return made
}
