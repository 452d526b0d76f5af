package solve

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/layerwise/layerwise/analyzer/engine"
	"github.com/layerwise/layerwise/analyzer/plan"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
)

// graph makes operations of a text like "from; local; copy from local; run copy":
// a name, then the names of its inputs. One without inputs is a source.
func graph(text string) *plan.Build {
	b := &plan.Build{}
	by := map[string]*plan.Vertex{}
	for part := range strings.SplitSeq(text, ";") {
		words := strings.Fields(part)
		v := &plan.Vertex{Digest: digest.Digest(words[0]), Name: words[0], Op: &pb.Op{Op: &pb.Op_Exec{Exec: &pb.ExecOp{}}}}
		if len(words) == 1 {
			v.Op = &pb.Op{Op: &pb.Op_Source{Source: &pb.SourceOp{Identifier: "docker-image://" + words[0]}}}
		}
		if strings.HasPrefix(words[0], "merge") {
			v.Op = &pb.Op{Op: &pb.Op_Merge{Merge: &pb.MergeOp{}}}
		}
		for _, in := range words[1:] {
			v.Inputs = append(v.Inputs, by[in])
		}
		by[words[0]] = v
		b.Vertices = append(b.Vertices, v)
	}
	return b
}

// stream is what BuildKit makes of the events of a build on their way to the
// client: it infers as vertexStream in solver/progress.go does.
type stream struct {
	graph *plan.Build
	sent  map[digest.Digest]*client.Vertex
	was   map[digest.Digest]bool
	to    *statuses
}

// at is a time of the build, in milliseconds.
func at(ms int) *time.Time {
	t := time.UnixMilli(int64(ms)).UTC()
	return &t
}

func (s *stream) event(v client.Vertex) {
	for _, w := range s.graph.Vertices {
		if w.Digest != v.Digest {
			continue
		}
		v.Inputs = nil
		for _, in := range w.Inputs {
			v.Inputs = append(v.Inputs, in.Digest)
		}
	}
	s.to.add(&client.SolveStatus{Vertexes: s.append(v)})
}

func (s *stream) append(v client.Vertex) []*client.Vertex {
	var out []*client.Vertex
	s.sent[v.Digest] = &v
	if v.Started != nil {
		for _, in := range v.Inputs {
			if w, ok := s.sent[in]; ok && !w.Cached && w.Completed == nil {
				w.Cached, w.Started, w.Completed = true, v.Started, v.Started
				out = append(out, s.append(*w)...)
				delete(s.sent, in)
			}
		}
	}
	if v.Cached {
		s.markCached(v.Digest)
	}
	own := v
	return append(out, &own)
}

func (s *stream) markCached(d digest.Digest) {
	if v, ok := s.sent[d]; ok {
		if !s.was[d] {
			for _, in := range v.Inputs {
				s.markCached(in)
			}
		}
		s.was[d] = true
	}
}

// end is what BuildKit says of what goes on when it closes the stream.
func (s *stream) end(ms int) {
	var out []*client.Vertex
	for _, v := range s.sent {
		if v.Started == nil || v.Completed != nil {
			continue
		}
		v.Completed = at(ms)
		if !s.was[v.Digest] && v.Error == "" {
			v.Error = "context canceled"
		}
		out = append(out, v)
	}
	s.to.add(&client.SolveStatus{Vertexes: out})
}

// play sends events like "run 10-20", "copy 10-20 error not found", "base 5-6
// cached", "run 10-" for one that goes on, and "end 30".
func play(b *plan.Build, events string) *statuses {
	s := &stream{graph: b, sent: map[digest.Digest]*client.Vertex{}, was: map[digest.Digest]bool{}, to: newStatuses()}
	for _, v := range b.Vertices { // all are announced first
		s.event(client.Vertex{Digest: v.Digest})
	}
	for part := range strings.SplitSeq(events, ";") {
		words := strings.Fields(part)
		if len(words) == 0 {
			continue
		}
		if words[0] == "end" {
			var ms int
			fmt.Sscan(words[1], &ms)
			s.end(ms)
			continue
		}
		var from, to int
		n, _ := fmt.Sscanf(words[1], "%d-%d", &from, &to)
		v := client.Vertex{Digest: digest.Digest(words[0]), Started: at(from), Cached: len(words) > 2 && words[2] == "cached"}
		s.event(v)
		if n < 2 {
			continue
		}
		v.Completed = at(to)
		if _, message, ok := strings.Cut(part, " error "); ok {
			v.Error = message
		}
		s.event(v)
	}
	return s.to
}

// missing is BuildKit's error of a COPY whose file is not there.
const missing = `failed to calculate checksum of ref abc::def: "/x": not found`

// TestUnfinished has one case for each way in which the status of a build that
// failed says more than happened.
func TestUnfinished(t *testing.T) {
	const line = "from; run1 from; run2 run1; local; copy run2 local"
	tests := []struct {
		name   string
		graph  string
		events string
		facts  map[digest.Digest]engine.Fact // nil for an engine that has none
		result record.Result
		want   string // operation by operation; with what speaks for a hit
	}{
		{
			name: "what a key that fails stands on was never looked at", graph: line,
			events: "from 1-2; local 1-3; copy 5-5 error " + missing,
			want:   "from not-run claimed, run1 not-run claimed, run2 not-run claimed, local not-run claimed, copy failed",
		},
		{
			name: "the image was not even asked for", graph: line,
			events: "local 1-3; copy 5-5 error " + missing,
			want:   "from not-run claimed, run1 not-run claimed, run2 not-run claimed, local not-run claimed, copy failed",
		},
		{
			name: "what was loaded is there, with all below", graph: "from; run1 from; run2 run1; run3 run2",
			events: "from 1-2; run2 3-4 cached; run3 5-9 error exit code: 1",
			want:   "from hit used, run1 hit used, run2 hit used, run3 failed",
		},
		{
			name: "what ran, and an image that was fetched for it", graph: "from; run1 from; run2 run1",
			events: "from 1-2; run1 3-4; run2 5-9 error exit code: 1",
			want:   "from miss, run1 miss, run2 failed",
		},
		{
			name: "what was loaded for nothing", graph: "from; run1 from; run2 run1; local; copy run2 local",
			events: "from 1-2; run2 3-4 cached; copy 5-5 error " + missing,
			want:   "from hit used, run1 hit used, run2 hit loaded, local not-run claimed, copy failed",
		},
		{
			name: "an image that was loaded for it", graph: "from; run1 from",
			events: "from 1-2; from 3-4 cached; run1 5-9 error exit code: 1",
			want:   "from hit used, run1 failed",
		},
		{
			name: "one beside it was going on", graph: "from; run1 from; from2; run2 from2; copy run1 run2",
			events: "from 1-2; from2 1-2; from 2-2 cached; from2 2-2 cached; run1 3-; run2 3-9 error exit code: 1; end 12",
			want:   "from hit used, run1 canceled, from2 hit used, run2 failed, copy not-run",
		},
		{
			name: "one beside it ended well, but too late to be kept", graph: "from; run1 from; from2; run2 from2; copy run1 run2",
			events: "from 1-2 cached; from2 1-2 cached; run1 3-10; run2 3-9 error exit code: 1",
			want:   "from hit used, run1 canceled, from2 hit used, run2 failed, copy not-run",
		},
		{
			name: "one that was going on is inferred to be reused", graph: "from; run1 from; local; copy run1 local",
			events: "from 1-2 cached; run1 3-; copy 5-5 error " + missing + "; end 7",
			want:   "from hit used, run1 canceled, local not-run claimed, copy failed",
		},
		{
			name: "one that began after it was inferred is said to have ended", graph: "from; run1 from; local; copy run1 local",
			events: "from 1-2 cached; copy 5-5 error " + missing + "; run1 6-; end 7",
			want:   "from hit used, run1 canceled, local not-run claimed, copy failed",
		},
		{
			name: "two keys fail, one is given up", graph: "from; local; copy1 from local; copy2 copy1 local",
			events: "from 1-2; local 1-3; copy2 5-5 error " + missing + "; copy1 6-6 error context canceled: context canceled",
			want:   "from not-run claimed, local not-run claimed, copy1 canceled, copy2 failed",
		},
		{
			name: "one that was cancelled while it ran proves nothing of what it stands on", graph: "from; run1 from; run2 run1", result: record.Canceled,
			events: "from 1-2; run1 3-4; run2 5-9 error context canceled: context canceled",
			want:   "from miss, run1 miss, run2 canceled",
		},
		{
			name: "nothing runs on what was not there", graph: "from; copy from; run1 copy; run2 run1", result: record.Canceled,
			events: "from 1-2 cached; copy 2-3; run1 3-9 error process did not complete successfully: context canceled; run2 4-9 error context canceled: context canceled",
			want:   "from hit used, copy miss, run1 canceled, run2 not-run",
		},
		{
			name: "a load that failed proves nothing", graph: "from; run1 from; local; copy run1 local",
			events: "from 1-2; run1 3-4 cached error broken; copy 5-5 error " + missing,
			want:   "from not-run claimed, run1 not-run, local not-run claimed, copy failed",
		},
		{
			name: "cancelled by the user", graph: "from; run1 from; run2 run1", result: record.Canceled,
			events: "from 1-2 cached; run1 2-3; run2 3-9 error process did not complete successfully: exit code: 137: context canceled: context canceled",
			want:   "from hit used, run1 miss, run2 canceled",
		},
		{
			name: "the engine found results and loaded none", graph: line,
			events: "from 1-2; local 1-3; copy 5-5 error " + missing,
			facts:  map[digest.Digest]engine.Fact{"from": {Cached: true}, "run1": {Cached: true}, "run2": {}, "copy": {}},
			want:   "from hit used, run1 hit found, run2 not-run, local not-run, copy failed",
		},
		{
			name: "the engine found one above alone", graph: line,
			events: "from 1-2; local 1-3; copy 5-5 error " + missing,
			facts:  map[digest.Digest]engine.Fact{"from": {}, "run2": {Cached: true}},
			want:   "from hit used, run1 hit used, run2 hit found, local not-run, copy failed",
		},
		{
			name: "the engine did not keep what it made", graph: line,
			events: "from 1-2; from 3-6; local 1-3; copy 5-5 error " + missing,
			facts:  map[digest.Digest]engine.Fact{"from": {Executions: 1}, "copy": {}},
			want:   "from canceled, run1 not-run, run2 not-run, local not-run, copy failed",
		},
		{
			name: "the engine kept what it made", graph: line,
			events: "from 1-2; from 3-4; local 1-3; copy 5-5 error " + missing,
			facts: map[digest.Digest]engine.Fact{"from": {Executions: 1, Kept: true}, "copy": {},
				"run1": {Inputs: []engine.InputFact{{Content: "sha256:1"}}}},
			want: "from miss, run1 not-run, run2 not-run, local not-run, copy failed",
		},
		{
			name: "an image was resolved, and nothing of it fetched", graph: line,
			events: "from 1-2; from 3-4; local 1-3; copy 5-5 error " + missing,
			facts:  map[digest.Digest]engine.Fact{"from": {Executions: 1, Kept: true}, "copy": {}},
			want:   "from canceled, run1 not-run, run2 not-run, local not-run, copy failed",
		},
		{
			name: "given up while it was loaded", graph: "from; run1 from; from2; run2 from2; copy run1 run2",
			events: "from 1-2; from 3-5 error context canceled; from2 1-2; run2 3-4 error exit code: 1",
			facts:  map[digest.Digest]engine.Fact{"from": {Cached: true}, "from2": {Executions: 1, Kept: true}, "run2": {Executions: 1, Error: "exit code: 1"}},
			want:   "from canceled, run1 not-run, from2 miss, run2 failed, copy not-run",
		},
		{
			name: "a merge that was loaded and made real", graph: "from; copy from; merge from copy; run merge",
			events: "from 1-2; copy 2-3; merge 3-4 cached; merge 4-5; run 5-6 error exit code: 1",
			want:   "from miss, copy miss, merge hit used, run failed",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := graph(tt.graph)
			r := &run{plan: &plan.Plan{Builds: []*plan.Build{b}}, statuses: play(b, tt.events), redactor: record.NewRedactor(nil)}
			if tt.result == "" {
				tt.result = record.Failed
			}
			ends := r.unfinished(b, tt.facts, tt.result)
			var got []string
			for _, v := range b.Vertices {
				got = append(got, strings.TrimSpace(fmt.Sprintf("%s %s %s", v.Name, ends[v].outcome(), ends[v].cached)))
			}
			if d := cmp.Diff(tt.want, strings.Join(got, ", ")); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// TestUnfinishedImport says that no result is a hit that may be one which an
// imported cache could not give, unless something that needs it ended well.
func TestUnfinishedImport(t *testing.T) {
	b := graph("from; run1 from; run2 run1; run3 run2; side from; use side")
	for _, tt := range []struct {
		importFailed bool
		want         string
	}{
		{false, "from hit used, run1 hit used, run2 hit loaded, run3 failed, side hit used, use miss"},
		{true, "from hit used, run1 not-run, run2 not-run, run3 failed, side hit used, use miss"},
	} {
		r := &run{plan: &plan.Plan{Builds: []*plan.Build{b}}, redactor: record.NewRedactor(nil), importFailed: tt.importFailed,
			statuses: play(b, "from 1-2 cached; run1 2-2 cached; run2 3-4 cached; side 3-4 cached; use 4-5; run3 5-9 error short read: expected 9 bytes but got 0: unexpected EOF")}
		facts := map[digest.Digest]engine.Fact{"use": {Executions: 1, Kept: true}}
		ends := r.unfinished(b, facts, record.Failed)
		var got []string
		for _, v := range b.Vertices {
			got = append(got, strings.TrimSpace(fmt.Sprintf("%s %s %s", v.Name, ends[v].outcome(), ends[v].cached)))
		}
		if d := cmp.Diff(tt.want, strings.Join(got, ", ")); d != "" {
			t.Errorf("import failed %v: (-want +got):\n%s", tt.importFailed, d)
		}
	}
}

// TestFinished says that in a build that got to its end what BuildKit infers is
// true.
func TestFinished(t *testing.T) {
	b := graph("from; run1 from; run2 run1; run3 run2")
	r := &run{plan: &plan.Plan{Builds: []*plan.Build{b}}, statuses: play(b, "from 1-2; run2 3-4 cached; run3 5-9"), redactor: record.NewRedactor(nil)}
	ends := r.finished(b, nil)
	var got []string
	for _, v := range b.Vertices {
		got = append(got, fmt.Sprintf("%s %s", v.Name, ends[v].outcome()))
	}
	if d := cmp.Diff("from hit, run1 hit, run2 hit, run3 miss", strings.Join(got, ", ")); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
