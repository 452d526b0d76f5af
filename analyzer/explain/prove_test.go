package explain

import (
	"strings"
	"testing"

	"github.com/layerwise/layerwise/analyzer/record"
)

// claim says that the engine of a build that failed calls the steps on some lines
// cached, and how many results of their names it has.
func claim(held int, lines ...int) func(*record.Record) {
	return func(r *record.Record) {
		r.Result = record.Failed
		if r.EngineCache == nil {
			r.EngineCache = map[string]int{}
		}
		for _, n := range lines {
			s := &r.Steps[n-1]
			s.Vertices[0].Cached, s.Vertices[0].CacheName = record.Claimed, s.Text
			r.EngineCache[s.Text] = held
		}
	}
}

// left says what a build left in the cache: what ran and what was reused.
func left(result record.Result, evidence record.Evidence) func(*record.Record) {
	return func(r *record.Record) {
		r.Result = result
		for i := range r.Steps {
			s := &r.Steps[i]
			v := &s.Vertices[0]
			v.Done = s.Outcome == record.Miss || s.Outcome == record.Hit
			if s.Outcome == record.Hit {
				v.Cached = evidence
			}
		}
	}
}

// TestProveLink says that a linked copy that is reused does not prove what it is
// put on top of.
func TestProveLink(t *testing.T) {
	const file = "not-run FROM a\nfailed COPY missing\nnot-run RUN x\nhit COPY --link y"
	cur := steps(file, claim(1, 1), func(r *record.Record) {
		s := &r.Steps[3]
		s.Vertices[0].Inputs, s.Vertices[0].Done, s.Vertices[0].Cached = nil, true, record.Found
		s.Vertices = append(s.Vertices, record.Vertex{Op: record.Op{Kind: "merge"}, Inputs: []record.Input{{Step: "s3"}, {Source: record.SourceSelf}}})
	})
	CarryForward(steps("miss FROM a\nmiss RUN x\nmiss COPY --link y", left(record.Succeeded, "")), cur)
	if cur.Steps[0].Outcome != record.Hit || cur.Steps[2].Outcome != record.NotRun {
		t.Errorf("the image is %s, the step below the link %s", cur.Steps[0].Outcome, cur.Steps[2].Outcome)
	}
}

func TestProve(t *testing.T) {
	const (
		good   = "miss FROM a\nmiss RUN x\nmiss COPY y"
		failed = "not-run FROM a\nnot-run RUN x\nfailed COPY y"
		claims = "hit FROM a\nhit RUN x\nfailed COPY y"
	)
	counted := func(n int) func(*record.Record) {
		return func(r *record.Record) { r.EngineCache = map[string]int{"FROM a": n, "RUN x": n} }
	}
	elsewhere := func(r *record.Record) { r.Engine.CacheID = "two" }
	tests := []struct {
		name string
		old  *record.Record
		cur  *record.Record
		want string
	}{
		{"an earlier build made it", steps(good, left(record.Succeeded, "")), steps(failed, claim(1, 1, 2)), "hit hit failed"},
		{"and counted it", steps(good, left(record.Succeeded, ""), counted(2)), steps(failed, claim(2, 1, 2)), "hit hit failed"},
		{"some of it is gone", steps(good, left(record.Succeeded, ""), counted(2)), steps(failed, claim(1, 1, 2)), "not-run not-run failed"},
		{"nothing of it is there", steps(good, left(record.Succeeded, "")), steps(failed, claim(0, 1, 2)), "not-run not-run failed"},
		{"what is below it is a part of it", steps(good, left(record.Succeeded, "")), steps(failed, claim(1, 2)), "hit hit failed"},
		{"nobody claims it", steps(good, left(record.Succeeded, "")), steps(failed, claim(1, 1)), "hit not-run failed"},
		{"as many, and this build has made one of them", steps("miss FROM a\nmiss RUN x\nmiss RUN x", left(record.Succeeded, ""), counted(2)),
			steps("not-run FROM a\nnot-run RUN x\nmiss RUN x", claim(2, 1, 2), on(3, func(v *record.Vertex) { v.Digest, v.Inputs = "other", nil })), "hit not-run miss"},
		{"another engine", steps(good, left(record.Succeeded, ""), elsewhere), steps(failed, claim(1, 1, 2)), "not-run not-run failed"},
		{"another image", steps(strings.Replace(good, "FROM a", "FROM b", 1), left(record.Succeeded, "")), steps(failed, claim(1, 1, 2)), "not-run not-run failed"},
		{"another command", steps(strings.Replace(good, "RUN x", "RUN z", 1), left(record.Succeeded, "")), steps(failed, claim(1, 1, 2)), "hit not-run failed"},
		{"a build that failed too, and proved it", steps(claims, left(record.Failed, record.Recorded)), steps(failed, claim(1, 1, 2)), "hit hit failed"},
		{"a build that failed too, and did not", steps(claims, left(record.Failed, "")), steps(failed, claim(1, 1, 2)), "not-run not-run failed"},
		{"what ran in a build that failed", steps("miss FROM a\nmiss RUN x\nfailed COPY y", left(record.Failed, "")), steps(failed, claim(1, 1, 2)), "hit hit failed"},
		{"what it did not reach", steps(failed, left(record.Failed, "")), steps(failed, claim(1, 1, 2)), "not-run not-run failed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			CarryForward(tt.old, tt.cur)
			var got []string
			for _, s := range tt.cur.Steps {
				got = append(got, string(s.Outcome))
				if s.Outcome == record.Hit && (!s.Vertices[0].Done || !s.Vertices[0].Cached.Proof()) {
					t.Errorf("%s is a hit, and its operation is %+v", s.Text, s.Vertices[0])
				}
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}
