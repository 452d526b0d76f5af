package solve

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/moby/buildkit/client"
	"github.com/opencontainers/go-digest"
)

// statuses keeps the last event of every vertex; earlier ones say nothing that
// lasts (a source starts once for its key and again for its content, a merge
// may start twice, an imported hit is announced as a start first).
type statuses struct {
	mu       sync.Mutex
	vertices map[digest.Digest]*client.Vertex
	// announced has the last event of every vertex that the engine did not infer.
	announced map[digest.Digest]*client.Vertex
	// inferred are the vertices that were inferred to be reused at any time.
	inferred map[digest.Digest]bool
	// transfers has the times between which a vertex's parts were fetched and
	// unpacked: an image is, when the first step needs its files, long after its
	// own operation is done.
	transfers map[digest.Digest]span
	// cached are the vertices that were announced as reused at any time, loaded
	// those of them whose result was there without an error.
	cached, loaded map[digest.Digest]bool
}

type span struct{ from, to time.Time }

func newStatuses() *statuses {
	return &statuses{
		vertices: map[digest.Digest]*client.Vertex{}, announced: map[digest.Digest]*client.Vertex{}, inferred: map[digest.Digest]bool{},
		transfers: map[digest.Digest]span{}, cached: map[digest.Digest]bool{}, loaded: map[digest.Digest]bool{},
	}
}

func (s *statuses) add(status *client.SolveStatus) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range status.Vertexes {
		s.vertices[v.Digest] = v
		if isInferred(v) {
			s.inferred[v.Digest] = true
			continue
		}
		s.announced[v.Digest] = v
		s.cached[v.Digest] = s.cached[v.Digest] || v.Cached
		s.loaded[v.Digest] = s.loaded[v.Digest] || v.Cached && v.Completed != nil && v.Error == ""
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

// exporting is for how long results and caches were exported: the time in which any
// of their vertices was worked on.
func (s *statuses) exporting() float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	var spans []span
	for _, v := range s.vertices {
		if len(v.Inputs) == 0 && v.Started != nil && v.Completed != nil &&
			(strings.HasPrefix(v.Name, "exporting ") || strings.HasPrefix(v.Name, "preparing build cache for export")) {
			spans = append(spans, span{*v.Started, *v.Completed})
		}
	}
	slices.SortFunc(spans, func(a, b span) int { return a.from.Compare(b.from) })
	var total time.Duration
	var end time.Time
	for _, s := range spans {
		if s.from.Before(end) {
			s.from = end
		}
		if s.to.After(s.from) {
			total += s.to.Sub(s.from)
			end = s.to
		}
	}
	return total.Seconds()
}

// splitExport takes the exporting, which comes last, out of the last phase.
func splitExport(phases []record.Phase, seconds float64) []record.Phase {
	last := &phases[len(phases)-1]
	if seconds = min(seconds, last.Seconds); seconds <= 0 {
		return phases
	}
	last.Seconds -= seconds
	return append(phases, record.Phase{Name: record.PhaseExport, Seconds: seconds})
}

func (s *statuses) get(d digest.Digest) *client.Vertex {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.vertices[d]
}

// own returns the last event of a vertex that is not inferred.
func (s *statuses) own(d digest.Digest) *client.Vertex {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.announced[d]
}

func (s *statuses) wasInferred(d digest.Digest) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.inferred[d]
}

func (s *statuses) wasLoaded(d digest.Digest) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.loaded[d]
}

// firstError is when the first vertex ended with an error of its own, or, where
// none did or none is looked for, when the first was cancelled; zero for neither.
// From then on a build is given up.
func (s *statuses) firstError(own bool) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	var failed, canceled time.Time
	for _, v := range s.announced {
		at := &failed
		if isCancel(v.Error) {
			at = &canceled
		}
		if v.Error != "" && !v.Cached && v.Completed != nil && (at.IsZero() || v.Completed.Before(*at)) {
			*at = *v.Completed
		}
	}
	if own && !failed.IsZero() {
		return failed
	}
	return canceled
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
