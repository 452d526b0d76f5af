package build

import (
	"sync"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/opencontainers/go-digest"
)

// statuses keeps the last event of every vertex; earlier ones say nothing that
// lasts (a source starts once for its key and again for its content, a merge
// may start twice, an imported hit is announced as a start first).
type statuses struct {
	mu       sync.Mutex
	vertices map[digest.Digest]*client.Vertex
	// transfers has the times between which a vertex's parts were fetched and
	// unpacked: an image is, when the first step needs its files, long after its
	// own operation is done.
	transfers map[digest.Digest]span
	// cached are the vertices that were announced as reused at any time.
	cached map[digest.Digest]bool
}

type span struct{ from, to time.Time }

func newStatuses() *statuses {
	return &statuses{vertices: map[digest.Digest]*client.Vertex{}, transfers: map[digest.Digest]span{}, cached: map[digest.Digest]bool{}}
}

func (s *statuses) add(status *client.SolveStatus) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range status.Vertexes {
		s.vertices[v.Digest] = v
		s.cached[v.Digest] = s.cached[v.Digest] || v.Cached && !isInferred(v)
	}
	for _, part := range status.Statuses {
		if part.Started == nil || part.Completed == nil {
			continue
		}
		t, ok := s.transfers[part.Vertex]
		if !ok || part.Started.Before(t.from) {
			t.from = *part.Started
		}
		if part.Completed.After(t.to) {
			t.to = *part.Completed
		}
		s.transfers[part.Vertex] = t
	}
}

// isInferred says that nobody announced a vertex as reused: BuildKit says so of
// every input of a vertex that starts and is not heard of until then, also where
// the input is fetched later (vertexStream in solver/progress.go). It has no
// duration.
func isInferred(v *client.Vertex) bool {
	return v.Cached && v.Started != nil && v.Completed != nil && v.Started.Equal(*v.Completed)
}

// transfer is how long a vertex's parts took to fetch and unpack, in seconds.
func (s *statuses) transfer(d digest.Digest) float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.transfers[d]
	return max(0, t.to.Sub(t.from).Seconds())
}

func (s *statuses) get(d digest.Digest) *client.Vertex {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.vertices[d]
}

func (s *statuses) wasCached(d digest.Digest) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cached[d]
}

// seconds is how long a vertex took by its last event.
func seconds(v *client.Vertex) float64 {
	if v == nil || v.Started == nil {
		return 0
	}
	end := time.Now()
	if v.Completed != nil {
		end = *v.Completed
	}
	return max(0, end.Sub(*v.Started).Seconds())
}
