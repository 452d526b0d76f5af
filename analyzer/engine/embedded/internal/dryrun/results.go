//go:build linux

package dryrun

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/solver"
	"github.com/moby/buildkit/util/compression"
	"github.com/moby/buildkit/worker"
)

// results gives the solver the results of earlier builds, which it only looks
// at, and those of the dry run, which it keeps until release.
type results struct {
	worker worker.Worker

	mu   sync.Mutex
	kept map[string]solver.Result
}

func newResults(w worker.Worker) *results {
	return &results{worker: w, kept: map[string]solver.Result{}}
}

// Save keeps a result of the dry run.
func (r *results) Save(result solver.Result, created time.Time) (solver.CacheResult, error) {
	ref, ok := result.Sys().(*worker.WorkerRef)
	if !ok {
		return solver.CacheResult{}, fmt.Errorf("keep result: unexpected type %T", result.Sys())
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.kept[ref.ID()] == nil {
		r.kept[ref.ID()] = result.Clone()
	}
	return solver.CacheResult{ID: ref.ID(), CreatedAt: created}, nil
}

// Load returns a result without noting that it was used.
func (r *results) Load(ctx context.Context, saved solver.CacheResult) (solver.Result, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if result := r.kept[saved.ID]; result != nil {
		return result.Clone(), nil
	}
	// BuildKit's ids of results are "worker::snapshot" (worker/cacheresult.go).
	workerID, snapshot, ok := strings.Cut(saved.ID, "::")
	if !ok || workerID != r.worker.ID() {
		return nil, fmt.Errorf("load result %s: it is of no worker here", saved.ID)
	}
	if snapshot == "" {
		return worker.NewWorkerRefResult(nil, r.worker), nil
	}
	const hidden = true // leaves the time of the last use as it is
	ref, err := r.worker.LoadRef(ctx, snapshot, hidden)
	if err != nil {
		return nil, err
	}
	return worker.NewWorkerRefResult(ref, r.worker), nil
}

// Exists says whether Load would find a result.
func (r *results) Exists(ctx context.Context, id string) bool {
	result, err := r.Load(ctx, solver.CacheResult{ID: id})
	if err != nil {
		return false
	}
	return result.Release(ctx) == nil
}

// LoadRemotes serves the export of a cache, which a dry run has none of.
func (r *results) LoadRemotes(context.Context, solver.CacheResult, *compression.Config, session.Group) ([]*solver.Remote, error) {
	return nil, nil
}

// release lets go of all that was kept.
func (r *results) release(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []error
	for _, result := range r.kept {
		all = append(all, result.Release(ctx))
	}
	r.kept = map[string]solver.Result{}
	return errors.Join(all...)
}
