//go:build linux

package probe

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/moby/buildkit/solver"
	"github.com/moby/buildkit/solver/llbsolver/ops"
	"github.com/opencontainers/go-digest"

	"github.com/layerwise/layerwise/analyzer/engine"
)

// keptBuilds bounds the builds that are over and whose facts nobody took.
const keptBuilds = 32

// active is what is recorded of a vertex from when the solver makes its operation
// until it lets go of it. Builds that have the vertex at the same time share it,
// since the operation is then carried out once for all of them.
type active struct {
	fact      engine.Fact
	measuring []<-chan struct{} // each closed when a size is known
}

// build is one that is going on, or whose facts were not taken yet.
type build struct {
	ref, session string
	vertices     map[digest.Digest]*active
	// overlapped says that there may be vertices of another build among them: those
	// of this one are then the ones that its client was told of.
	overlapped bool
	told       map[digest.Digest]bool
	over       bool
	imported   imported
}

// Begin records that a build begins. ref names it, and session is the id of its
// client's session: what the build imports is asked for in its name.
func (r *Recorder) Begin(ref, session string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := &build{ref: ref, session: session, vertices: maps.Clone(r.actives), overlapped: len(r.actives) > 0, told: map[digest.Digest]bool{}}
	for _, other := range r.builds {
		if !other.over {
			b.overlapped, other.overlapped = true, true
		}
	}
	r.builds = append(r.builds, b)
}

// End records that a build is over. Its facts are kept until they are taken, or
// until many others are over.
func (r *Recorder) End(ref string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var running, over []*build
	for _, b := range r.builds {
		switch {
		case b.over:
			over = append(over, b)
		case b.ref != ref:
			running = append(running, b)
		}
	}
	for _, b := range r.builds {
		if b.ref == ref && !b.over {
			b.over = true
			over = append(over, b)
		}
	}
	over = over[max(0, len(over)-keptBuilds):] // in the order of their end
	r.builds = append(over, running...)
	if len(running) == 0 {
		r.results.forget()
	}
}

// Told records which vertices the client of a build was told of: all that the build
// has.
func (r *Recorder) Told(ref string, vertices ...digest.Digest) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, b := range r.builds {
		if b.ref == ref {
			for _, v := range vertices {
				b.told[v] = true
			}
		}
	}
}

// Idle says that no build is going on.
func (r *Recorder) Idle() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !slices.ContainsFunc(r.builds, func(b *build) bool { return !b.over })
}

// Take returns the facts of a build that is over, by vertex digest, and forgets
// them. It waits for sizes that are still being measured, at most until ctx is done.
// A build that is not known is an error.
func (r *Recorder) Take(ctx context.Context, ref string) (map[digest.Digest]engine.Fact, error) {
	r.mu.Lock()
	i := slices.IndexFunc(r.builds, func(b *build) bool { return b.ref == ref })
	if i < 0 {
		r.mu.Unlock()
		return nil, fmt.Errorf("there are none of build %q: it did not run here, or they were taken before", ref)
	}
	b := r.builds[i]
	r.builds = slices.Delete(r.builds, i, i+1)
	own := b.own()
	measuring := measuringOf(own)
	r.mu.Unlock()
	await(ctx, measuring)
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := make(map[digest.Digest]engine.Fact, len(own))
	for vertex, a := range own {
		taken[vertex] = a.fact
	}
	b.imported.addTo(taken)
	return taken, nil
}

// Settle waits until no size is being measured any more, at most until ctx is done.
// Nothing may be building.
func (r *Recorder) Settle(ctx context.Context) {
	var measuring []<-chan struct{}
	r.mu.Lock()
	for _, b := range r.builds {
		measuring = append(measuring, measuringOf(b.vertices)...)
	}
	r.mu.Unlock()
	await(ctx, measuring)
}

func measuringOf(vertices map[digest.Digest]*active) []<-chan struct{} {
	var measuring []<-chan struct{}
	for _, a := range vertices {
		measuring = append(measuring, a.measuring...)
	}
	return measuring
}

func await(ctx context.Context, measuring []<-chan struct{}) {
	for _, measured := range measuring {
		select {
		case <-measured:
		case <-ctx.Done():
		}
	}
}

// own are the vertices that the build has itself.
func (b *build) own() map[digest.Digest]*active {
	if !b.overlapped {
		return b.vertices
	}
	own := map[digest.Digest]*active{}
	for vertex, a := range b.vertices {
		// Where one of two builds wants a vertex without a cache, the solver tells the
		// two apart by another digest (loadUnlocked in BuildKit's solver/jobs.go).
		uncached := digest.FromString(string(vertex) + "-ignorecache")
		switch {
		case b.told[uncached] && b.vertices[uncached] != nil:
			own[vertex] = b.vertices[uncached]
		case b.told[vertex]:
			own[vertex] = a
		}
	}
	return own
}

// begun makes what is recorded of a vertex, for all builds that are going on.
func (r *Recorder) begun(vertex digest.Digest) *active {
	a := &active{fact: engine.Fact{OutputSize: -1}}
	r.actives[vertex] = a
	for _, b := range r.builds {
		if !b.over {
			b.vertices[vertex] = a
		}
	}
	return a
}

// of returns what is recorded of a vertex, which begins where there is nothing.
func (r *Recorder) of(vertex digest.Digest) *active {
	r.mu.Lock()
	defer r.mu.Unlock()
	if a := r.actives[vertex]; a != nil {
		return a
	}
	return r.begun(vertex)
}

// activate begins what is recorded of a vertex whose operation the solver makes.
func (r *Recorder) activate(vertex digest.Digest) *active {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.begun(vertex)
}

// deactivate ends it, unless it has begun anew.
func (r *Recorder) deactivate(vertex digest.Digest, a *active) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.actives[vertex] == a {
		delete(r.actives, vertex)
	}
}

// newNode makes the node of a vertex, with whose end what is recorded of it ends.
func (r *Recorder) newNode(v solver.Vertex, exec *ops.ExecOp, a *active) *node {
	n := newNode(v, exec)
	n.ended = func() { r.deactivate(v.Digest(), a) }
	return n
}
