//go:build linux

package probe

import (
	"context"
	"sync"
	"time"

	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/moby/buildkit/cache"
	"github.com/moby/buildkit/solver"
	"github.com/moby/buildkit/worker"
	"github.com/opencontainers/go-digest"

	"github.com/layerwise/layerwise/analyzer/engine"
)

// Recorder keeps the facts of builds until they are taken. It is safe for
// concurrent use.
type Recorder struct {
	graph *graph
	files *fileDigests
	usage usageFunc // nil where sizes are not measured
	// results tells which vertex made a result that is kept.
	results *results

	mu      sync.Mutex
	actives map[digest.Digest]*active // of the vertices that the solver has
	builds  []*build
}

// usageFunc returns the disk usage of a snapshot on top of its parent.
type usageFunc = func(ctx context.Context, key string) (snapshots.Usage, error)

// NewRecorder makes a recorder. Without usage, output sizes are not measured.
func NewRecorder(usage usageFunc) *Recorder {
	return &Recorder{
		graph:   newGraph(),
		files:   newFileDigests(),
		usage:   usage,
		results: newResults(),
		actives: map[digest.Digest]*active{},
	}
}

// update changes a fact under the recorder's lock.
func (r *Recorder) update(a *active, change func(*engine.Fact)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(&a.fact)
}

// begin records that Exec was called, and returns when.
func (r *Recorder) begin(a *active) time.Time {
	r.update(a, func(f *engine.Fact) { f.Executions++ })
	return time.Now()
}

// end records how a call of Exec ended that began at start.
func (r *Recorder) end(a *active, start time.Time, err error) {
	r.update(a, func(f *engine.Fact) {
		f.Seconds += time.Since(start).Seconds()
		f.Error = ""
		if err != nil {
			f.Error = err.Error()
		}
	})
}

// Wanted records that a dry run called for Exec.
func (r *Recorder) Wanted(vertex digest.Digest) {
	r.update(r.of(vertex), func(f *engine.Fact) { f.WouldRun = true })
}

// Failed records an error of a vertex before Exec was called for.
func (r *Recorder) Failed(vertex digest.Digest, err error) {
	r.update(r.of(vertex), func(f *engine.Fact) { f.Error = err.Error() })
}

// found records that the cache had a result for a vertex.
func (r *Recorder) found(vertex digest.Digest) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if a := r.actives[vertex]; a != nil {
		a.fact.Cached = true
	}
}

// made measures what an operation's Exec made, without holding up the build.
func (r *Recorder) made(ctx context.Context, a *active, outputs []solver.Result) {
	if r.usage == nil {
		return
	}
	for _, output := range outputs {
		ref, ok := output.Sys().(*worker.WorkerRef)
		if !ok || ref.ImmutableRef == nil {
			continue
		}
		// A reference of its own keeps the snapshot until it is measured, even
		// if the build ends first.
		own := ref.ImmutableRef.Clone()
		ctx := context.WithoutCancel(ctx)
		measured := make(chan struct{})
		r.mu.Lock()
		a.measuring = append(a.measuring, measured)
		r.mu.Unlock()
		go func() {
			defer close(measured)
			defer own.Release(ctx)
			size, err := r.sizeOf(ctx, own)
			if err != nil {
				return
			}
			r.update(a, func(f *engine.Fact) {
				f.OutputSize = max(f.OutputSize, 0) + size
			})
		}()
	}
}

// sizeOf asks the snapshotter rather than BuildKit's cache, which also counts
// compressed copies of the layer.
func (r *Recorder) sizeOf(ctx context.Context, ref cache.ImmutableRef) (int64, error) {
	if origin, ok := ref.GetEqualMutable(); ok {
		if usage, err := r.usage(ctx, snapshotOf(origin)); err == nil {
			return usage.Size, nil
		}
	}
	usage, err := r.usage(ctx, snapshotOf(ref))
	return usage.Size, err
}

// snapshotOf is the snapshotter's key of a cache record (cache/metadata.go).
func snapshotOf(md cache.RefMetadata) string {
	if id := md.GetString("cache.snapshot"); id != "" {
		return id
	}
	return md.ID()
}
