//go:build linux

package dryrun

import (
	"context"
	"errors"
	"sync"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/solver"
	"github.com/moby/buildkit/worker"
	"github.com/opencontainers/go-digest"
)

// sources remembers what the sources of a dry run are: nothing is transferred,
// resolved or fetched twice.
type sources struct {
	mu    sync.Mutex
	known map[digest.Digest]*source
	// made are the records of the cache that are there only for the dry run.
	made []string
}

type source struct {
	mu sync.Mutex // held while the source is asked
	// op is the operation that was asked for the key: another one for the same
	// vertex could not go on from there.
	op   solver.Op
	maps []mapped
	sent []solver.Result
	late *lateSource
	job  solver.JobContext // for late
}

type mapped struct {
	cacheMap *solver.CacheMap
	last     bool
}

func newSources() *sources { return &sources{known: map[digest.Digest]*source{}} }

func (s *sources) of(o *op) *source {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.known[o.vertex.Digest()]
	if known == nil {
		known = &source{op: o.Op}
		s.known[o.vertex.Digest()] = known
	}
	return known
}

// cacheMap returns the key of a source.
func (s *sources) cacheMap(ctx context.Context, o *op, job solver.JobContext, index int) (*solver.CacheMap, bool, error) {
	known := s.of(o)
	known.mu.Lock()
	defer known.mu.Unlock()
	if index < len(known.maps) {
		return known.maps[index].cacheMap, known.maps[index].last, nil
	}
	cacheMap, last, err := known.op.CacheMap(ctx, job, index)
	if err == nil && index == len(known.maps) {
		known.maps = append(known.maps, mapped{cacheMap, last})
	}
	return cacheMap, last, err
}

// transfer takes a source from the client.
func (s *sources) transfer(ctx context.Context, o *op, job solver.JobContext) ([]solver.Result, error) {
	known := s.of(o)
	known.mu.Lock()
	defer known.mu.Unlock()
	if known.sent == nil {
		sent, err := known.op.Exec(ctx, job, nil)
		if err != nil {
			return nil, err
		}
		known.sent = sent
	}
	results := make([]solver.Result, len(known.sent))
	for i, result := range known.sent {
		results[i] = result.Clone()
	}
	return results, nil
}

// late returns what fetches a source when its files are needed, for the job that
// asked last.
func (s *sources) late(o *op, job solver.JobContext) *lateSource {
	known := s.of(o)
	known.mu.Lock()
	defer known.mu.Unlock()
	known.job = job
	if known.late == nil {
		known.late = &lateSource{fetch: func(ctx context.Context) (solver.Result, error) { return s.fetch(ctx, known, isInline(o.proto)) }}
	}
	return known.late
}

func (s *sources) fetch(ctx context.Context, known *source, inline bool) (solver.Result, error) {
	known.mu.Lock()
	job := known.job
	known.mu.Unlock()
	results, err := known.op.Exec(ctx, job, nil)
	if err != nil {
		return nil, err
	}
	if inline {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.made = append(s.made, recordsOf(results[0])...)
	}
	return results[0], nil
}

// release lets go of all files, and removes those that nobody had before.
func (s *sources) release(ctx context.Context, w worker.Worker) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []error
	for _, known := range s.known {
		for _, result := range known.sent {
			all = append(all, result.Release(ctx))
		}
		if known.late != nil {
			all = append(all, known.late.release(ctx))
		}
	}
	if len(s.made) > 0 {
		all = append(all, remove(ctx, w, s.made))
	}
	return errors.Join(all...)
}

func remove(ctx context.Context, w worker.Worker, records []string) error {
	q := client.PruneInfo{All: true}
	for _, id := range records {
		q.Filter = append(q.Filter, "id=="+id) // any of them
	}
	removed := make(chan client.UsageInfo)
	go func() {
		for range removed { // Prune waits for a reader
		}
	}()
	defer close(removed)
	return w.Prune(ctx, removed, q)
}
