//go:build linux

package dryrun

import (
	"context"
	"fmt"
	"sync"

	"github.com/moby/buildkit/identity"
	"github.com/moby/buildkit/solver"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/worker"
)

// phantom stands for a result that nobody made. It is a worker in name, since
// that is where BuildKit's results have room for a type of our own.
type phantom struct {
	worker.Worker
	id string
	// source makes the result after all; nil for all but sources.
	source *lateSource
}

// ID makes the id of the result, which has no snapshot, its own.
func (p *phantom) ID() string { return p.id }

// phantomOf returns the phantom that a result is, nil for one that has files.
func phantomOf(result solver.Result) *phantom {
	ref, ok := result.Sys().(*worker.WorkerRef)
	if !ok {
		return nil
	}
	p, _ := ref.Worker.(*phantom)
	return p
}

// phantoms stand for all outputs of an operation.
func phantoms(w worker.Worker, op *pb.Op, source *lateSource) []solver.Result {
	id := "phantom-" + identity.NewID()
	results := make([]solver.Result, outputs(op))
	for i := range results {
		results[i] = worker.NewWorkerRefResult(nil, &phantom{Worker: w, id: fmt.Sprintf("%s-%d", id, i), source: source})
	}
	return results
}

// outputs is how many results an operation gives.
func outputs(op *pb.Op) int {
	n := int64(1)
	for _, m := range op.GetExec().GetMounts() {
		n = max(n, m.Output+1)
	}
	for _, a := range op.GetFile().GetActions() {
		n = max(n, a.Output+1)
	}
	return int(min(n, maxOutputs))
}

// maxOutputs bounds what a definition can make us allocate.
const maxOutputs = 1 << 12

// lateSource makes a source's files when they turn out to be needed.
type lateSource struct {
	fetch func(context.Context) (solver.Result, error)

	mu   sync.Mutex
	done solver.Result
}

// get returns the source's files, which it keeps until release. The first call
// fetches them.
func (s *lateSource) get(ctx context.Context) (solver.Result, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.done == nil {
		result, err := s.fetch(ctx)
		if err != nil {
			return nil, err
		}
		s.done = result
	}
	return s.done, nil
}

func (s *lateSource) release(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.done == nil {
		return nil
	}
	return s.done.Release(ctx)
}

// recordsOf are the ids that the cache has for a result.
func recordsOf(result solver.Result) []string {
	ref, ok := result.Sys().(*worker.WorkerRef)
	if !ok || ref.ImmutableRef == nil {
		return nil
	}
	ids := []string{ref.ImmutableRef.ID()}
	if origin, ok := ref.ImmutableRef.GetEqualMutable(); ok {
		ids = append(ids, origin.ID())
	}
	return ids
}
