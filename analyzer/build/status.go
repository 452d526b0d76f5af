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
}

func newStatuses() *statuses {
	return &statuses{vertices: map[digest.Digest]*client.Vertex{}}
}

func (s *statuses) add(status *client.SolveStatus) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range status.Vertexes {
		s.vertices[v.Digest] = v
	}
}

func (s *statuses) get(d digest.Digest) *client.Vertex {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.vertices[d]
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
