package predict

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/layerwise/layerwise/analyzer/solve"
	"github.com/moby/buildkit/client"
)

// drawn makes a plan from words, one a step that stands on the one before it:
//
//	base=D     FROM an image with the digest D
//	run=X      RUN X; run=X! is made to run
//	copy=C     COPY of context files with the checksum C, "" for files that are not there
//	take=N     COPY --from of what step N (from 0) made
//	get=P      ADD of a URL that has P; "" for one that was not looked up
func drawn(words ...string) *record.Record {
	rec := &record.Record{Result: record.Succeeded, Engine: record.Engine{CacheID: "engine", Version: rulesOf},
		Trees: map[string]record.Tree{"context": {{Path: "a", Type: "file"}}}}
	for n, word := range words {
		kind, what, _ := strings.Cut(word, "=")
		s := record.Step{ID: fmt.Sprint(n), Text: word, Line: n + 1, Effect: record.EffectLayer, Instruction: "RUN"}
		v := record.Vertex{Digest: fmt.Sprint("v", n), Name: word}
		above := record.Input{Step: fmt.Sprint(n - 1)}
		switch kind {
		case "base":
			s.Effect, s.Instruction = record.EffectBase, "FROM"
			v.Op = record.Op{Kind: "source", Fields: map[string]string{"identifier": "docker-image://image@" + what}}
		case "run":
			what, v.NoCache = strings.CutSuffix(what, "!")
			v.Op = record.Op{Kind: "exec", Fields: map[string]string{"args": strconv.Quote(what)}}
			v.Op.Fields["args"] = "[" + v.Op.Fields["args"] + "]"
			v.Inputs = []record.Input{above}
		case "copy":
			v.Name = "copy" // whatever is in the files
			v.Op = record.Op{Kind: "file", Fields: map[string]string{"actions": "copy"}}
			v.Inputs = []record.Input{above, {Source: "context", Tree: "context", Hashed: true, Content: what}}
		case "take":
			v.Op = record.Op{Kind: "file", Fields: map[string]string{"actions": "take"}}
			v.Inputs = []record.Input{above, {Step: what, Hashed: true, Selectors: []record.Selector{{Path: "/x"}}}}
		case "get":
			source := record.Vertex{Digest: fmt.Sprint("s", n), Pin: what, Op: record.Op{Kind: "source", Fields: map[string]string{"identifier": "https://example.com/x"}}}
			s.Vertices = append(s.Vertices, source)
			v.Op = record.Op{Kind: "file", Fields: map[string]string{"actions": "get"}}
			v.Inputs = []record.Input{above, {Source: "https://example.com/x", Hashed: true}}
		}
		s.Vertices = append(s.Vertices, v)
		rec.Steps = append(rec.Steps, s)
	}
	return rec
}

// ranAll makes a plan a build that ran all of it, changed by more.
func ranAll(rec *record.Record, more ...func(*record.Record)) *record.Record {
	complete(rec)
	for _, change := range more {
		change(rec)
	}
	return rec
}

// hit says that the first n steps came from the cache.
func hit(n int) func(*record.Record) {
	return func(rec *record.Record) {
		for i := range n {
			for j := range rec.Steps[i].Vertices {
				rec.Steps[i].Vertices[j].Ran = false
			}
		}
	}
}

// held says that the engine listed a result of all that did not run.
func held(rec *record.Record) {
	for i := range rec.Steps {
		for j := range rec.Steps[i].Vertices {
			v := &rec.Steps[i].Vertices[j]
			v.Held = !v.Ran
		}
	}
}

// failed says that step n was the end of the build.
func failed(n int) func(*record.Record) {
	return func(rec *record.Record) {
		rec.Result = record.Failed
		for i := n; i < len(rec.Steps); i++ {
			v := &rec.Steps[i].Vertices[0]
			v.Ran, v.Done, v.Error = i == n, false, ""
			if i == n {
				v.Error = "process did not complete successfully: exit code: 1"
			}
		}
	}
}

// lacks says that step n looked for a file in a result that does not have it, which
// was the end of the build.
func lacks(n int) func(*record.Record) {
	return func(rec *record.Record) {
		failed(n)(rec)
		v := &rec.Steps[n].Vertices[0]
		v.Ran, v.Error = false, `failed to calculate checksum of ref a::b: "/x": not found`
	}
}

// holds has the engine say what lay in its cache: a number for each word.
func holds(count map[string]int) func(*record.Record) {
	return func(rec *record.Record) { rec.EngineCache = named(count) }
}

// named turns the words of steps into the names of their results.
func named(count map[string]int) map[string]int {
	out := map[string]int{}
	for word, n := range count {
		s := drawn(word).Steps[0]
		out[solve.CacheName(&s.Vertices[len(s.Vertices)-1], nil)] += n
	}
	return out
}

// stocked is what an engine holds, of which nobody knows when it was made or on what.
func stocked(count map[string]int) *stock {
	var entries []solve.CacheEntry
	for name, n := range count {
		for i := range n {
			entries = append(entries, solve.CacheEntry{ID: fmt.Sprint(name, i), Name: name})
		}
	}
	return newStock(entries)
}

func TestPredictFrom(t *testing.T) {
	on := func(id, version string) func(*record.Record) {
		return func(rec *record.Record) { rec.Engine.CacheID, rec.Engine.Version = id, version }
	}
	abc := func() *record.Record { return ranAll(drawn("base=1", "copy=a", "run=b", "run=c")) }
	tests := []struct {
		name   string
		before []*record.Record // oldest first
		now    *record.Record
		holds  map[string]int // by word, what the engine says; nil for all that ran
		cached bool           // a cache is imported
		want   string         // h, r, u or f a step
		hangs  string         // of the first undecided step: what it hangs on, or why
	}{
		{name: "nothing recorded", now: drawn("base=1", "run=a"), want: "uu", hangs: "no build on this engine is recorded"},
		{name: "another engine", before: []*record.Record{ranAll(abc(), on("other", rulesOf))}, now: drawn("base=1", "copy=a"), want: "uu",
			hangs: "no build on this engine is recorded"},
		{name: "unchanged", before: []*record.Record{abc()}, now: drawn("base=1", "copy=a", "run=b", "run=c"), want: "hhhh"},
		{name: "last line", before: []*record.Record{abc()}, now: drawn("base=1", "copy=a", "run=b", "run=d"), want: "hhhr"},
		{name: "file", before: []*record.Record{abc()}, now: drawn("base=1", "copy=b", "run=b", "run=c"), want: "hrrr"},
		{name: "base", before: []*record.Record{abc()}, now: drawn("base=2", "copy=a", "run=b", "run=c"), want: "rrrr"},
		{name: "base is there by another build", before: []*record.Record{abc()}, now: drawn("base=2", "copy=a"), holds: map[string]int{"base=2": 1}, want: "ur",
			hangs: "another build may have fetched it"},
		{name: "base of an engine with other rules", before: []*record.Record{ranAll(abc(), on("engine", "v0.12.0"))},
			now: ranAll(drawn("base=2", "copy=a", "run=x"), on("engine", "v0.12.0")), want: "uur", hangs: "docker-image://image@2"},
		{name: "engine was updated", before: []*record.Record{ranAll(abc(), on("engine", "v0.34.9"))}, now: drawn("base=1", "copy=a", "run=x"), want: "uur"},
		{name: "forth and back", before: []*record.Record{abc(), ranAll(drawn("base=1", "copy=x", "run=b", "run=c"))},
			now: drawn("base=1", "copy=a", "run=b", "run=c"), want: "hhhh"},
		{name: "new combination", before: []*record.Record{abc(), ranAll(drawn("base=1", "copy=x", "run=b2", "run=c"))},
			now: drawn("base=1", "copy=x", "run=b", "run=c"), want: "hhrr"},
		{name: "forced keeps its key from what stands on it", before: []*record.Record{abc()}, now: drawn("base=1", "copy=a", "run=b!", "run=c"), want: "hhrr"},
		{name: "and no further", before: []*record.Record{ranAll(drawn("base=1", "run=a", "run=b", "run=c"))},
			now: drawn("base=1", "run=a!", "run=b", "run=c"), want: "hrrh"},
		{name: "after a forced one", before: []*record.Record{abc(), ranAll(drawn("base=1", "copy=a", "run=b!", "run=c"), hit(2))},
			now: drawn("base=1", "copy=a", "run=b", "run=c"), want: "hhhh"},
		{name: "failed", before: []*record.Record{ranAll(abc(), failed(2))}, now: drawn("base=1", "copy=a", "run=b", "run=c"), want: "hhrr"},
		{name: "good again after a failure", before: []*record.Record{abc(), ranAll(drawn("base=1", "copy=x", "run=b", "run=c"), hit(1), failed(2))},
			now: drawn("base=1", "copy=a", "run=b", "run=c"), want: "hhhh"},
		{name: "hits that nobody ran here", before: []*record.Record{ranAll(abc(), hit(3))}, now: drawn("base=1", "copy=a", "run=b", "run=d"), want: "hhhr"},
		{name: "and that no build had in its hands", before: []*record.Record{ranAll(abc(), hit(4))}, now: drawn("base=1", "copy=a", "run=b", "run=d"),
			want: "uuur", hangs: "no build shows that the engine still has its result"},
		{name: "but that the engine lists", before: []*record.Record{ranAll(abc(), hit(4), held)}, now: drawn("base=1", "copy=a", "run=b", "run=d"),
			holds: map[string]int{"base=1": 1, "copy=a": 1, "run=b": 1, "run=c": 1}, want: "hhhr"},
		{name: "and that is gone since", before: []*record.Record{ranAll(abc(), hit(4), held, holds(map[string]int{"base=1": 1, "copy=a": 1, "run=b": 1, "run=c": 1}))},
			now: drawn("base=1", "copy=a", "run=b", "run=d"), holds: map[string]int{"base=1": 1, "copy=a": 1}, want: "hhrr"},
		{name: "a file edited of what somebody else built", before: []*record.Record{ranAll(abc(), hit(4), held)}, now: drawn("base=1", "copy=x", "run=b", "run=c"),
			holds: map[string]int{"base=1": 1, "copy=a": 1, "run=b": 1, "run=c": 1}, want: "hrrr"},
		{name: "which somebody else may have edited so", before: []*record.Record{ranAll(abc(), hit(4), held)}, now: drawn("base=1", "copy=x", "run=b", "run=c"),
			holds: map[string]int{"base=1": 1, "copy=a": 2, "run=b": 1, "run=c": 1}, want: "hurr", hangs: "the engine has a result of it from a build that is not recorded"},
		{name: "missing file", before: []*record.Record{abc()}, now: drawn("base=1", "copy=", "run=b"), want: "hfn"},
		{name: "missing file, on an image that is not there", before: []*record.Record{abc()}, now: drawn("base=2", "copy=", "run=b"), want: "ufn", hangs: buildFails},
		{name: "missing file, above one that is sent", before: []*record.Record{abc()}, now: drawn("base=1", "copy=a", "copy=", "run=b"), want: "uufn", hangs: buildFails},
		{name: "missing file beside another stage", before: []*record.Record{ranAll(drawn("base=1", "run=a", "base=3", "take=1"))},
			now: drawn("base=1", "run=a", "base=3", "copy=", "take=1"), want: "uuhfn", hangs: buildFails},
		{name: "missing file where nothing is recorded", now: drawn("base=1", "copy=", "run=b"), want: "ufn", hangs: "no build on this engine is recorded"},
		{name: "missing in what a stage makes", before: []*record.Record{ranAll(drawn("base=1", "run=a", "base=2", "run=b", "take=1", "run=c"), lacks(4))},
			now: drawn("base=1", "run=a", "base=2", "run=b", "take=1", "run=c"), want: "hhuufn", hangs: buildFails},
		{name: "missing in what a stage made that is made anew", before: []*record.Record{ranAll(drawn("base=1", "run=a", "base=2", "run=b", "take=1", "run=c"), lacks(4))},
			now: drawn("base=1", "run=x", "base=2", "run=b", "take=1", "run=c"), want: "hrhhrr"},
		{name: "missing in what was made anew since", before: []*record.Record{ranAll(drawn("base=1", "run=a", "base=3", "take=1"), lacks(3)),
			ranAll(drawn("base=1", "run=a!", "run=c"))}, now: drawn("base=1", "run=a", "base=3", "take=1"), want: "hhur", hangs: "another build may have fetched it"},
		{name: "missing once, and there another time", before: []*record.Record{ranAll(drawn("base=1", "run=a", "base=3", "take=1"), lacks(3)),
			ranAll(drawn("base=1", "run=a!", "base=3", "take=1"))}, now: drawn("base=1", "run=a", "base=3", "take=1"), want: "hhhh"},
		{name: "stage output", before: []*record.Record{ranAll(drawn("base=1", "run=a", "take=1", "run=b"))}, now: drawn("base=1", "run=a", "take=1", "run=b"), want: "hhhh"},
		{name: "stage output made anew", before: []*record.Record{ranAll(drawn("base=1", "run=a", "base=1", "take=1", "run=b"))},
			now: drawn("base=1", "run=x", "base=1", "take=1", "run=b"), want: "hrhuu", hangs: "1"},
		{name: "stage output made anew, and the step is another", before: []*record.Record{ranAll(drawn("base=1", "run=a", "base=1", "take=1", "run=b"))},
			now: drawn("base=1", "run=x", "base=1", "take=1", "run=c"), want: "hrhur", hangs: "1"},
		{name: "of two stages at once", before: []*record.Record{
			ranAll(drawn("base=1", "run=a", "base=1", "take=1")), ranAll(drawn("base=1", "run=b", "base=1", "take=1"))},
			now: drawn("base=1", "run=a", "base=1", "take=1"), want: "hhhh"},
		{name: "stage output pruned, and another one may be the same", before: []*record.Record{
			ranAll(drawn("base=1", "run=a", "base=1", "take=1"), holds(map[string]int{"base=1": 1, "run=a": 1, "take=1": 1})),
			ranAll(drawn("base=1", "run=b", "base=1", "take=1"), hit(1), holds(map[string]int{"base=1": 1, "run=b": 1, "take=1": 1}))},
			now: drawn("base=1", "run=a", "base=1", "take=1"), holds: map[string]int{"base=1": 1, "run=b": 1, "take=1": 1}, want: "huhu", hangs: onlyIfNeeded},
		{name: "download", before: []*record.Record{ranAll(drawn("base=1", "get=p", "run=a"))}, now: drawn("base=1", "get=p", "run=a"), want: "hhh"},
		{name: "download that was not looked up", before: []*record.Record{ranAll(drawn("base=1", "get=p", "run=a"))}, now: drawn("base=1", "get=", "run=a"), want: "huu",
			hangs: "https://example.com/x"},
		{name: "imported cache", before: []*record.Record{abc()}, now: drawn("base=1", "copy=a", "run=x", "run=c!"), cached: true, want: "hhur", hangs: "an imported cache may have it"},
		{name: "all pruned", before: []*record.Record{ranAll(abc(), holds(map[string]int{"base=1": 1, "copy=a": 1, "run=b": 1, "run=c": 1}))},
			now: drawn("base=1", "copy=a", "run=b", "run=c"), holds: map[string]int{}, want: "rrrr"},
		{name: "pruned after builds that counted nothing", before: []*record.Record{abc()},
			now: drawn("base=1", "copy=a", "run=b", "run=c"), holds: map[string]int{"base=1": 1}, want: "huuu", hangs: "the engine's cache was pruned since it ran"},
		{name: "end pruned", before: []*record.Record{ranAll(abc(), holds(map[string]int{"base=1": 1, "copy=a": 1, "run=b": 1, "run=c": 1}))},
			now: drawn("base=1", "copy=a", "run=b", "run=c"), holds: map[string]int{"base=1": 1, "copy=a": 1, "run=b": 1}, want: "hhhr"},
		{name: "one of two pruned", before: []*record.Record{
			ranAll(drawn("base=1", "run=a", "run=c")), ranAll(drawn("base=1", "run=b", "run=c"), hit(1), holds(map[string]int{"base=1": 1, "run=a": 1, "run=b": 1, "run=c": 2}))},
			now: drawn("base=1", "run=a", "run=c"), holds: map[string]int{"base=1": 1, "run=a": 1, "run=b": 1, "run=c": 1}, want: "hhu",
			hangs: "the engine's cache was pruned since it ran"},
		{name: "pruned between two builds", before: []*record.Record{
			ranAll(drawn("base=1", "run=a", "run=c"), holds(map[string]int{"base=1": 1, "run=a": 1, "run=c": 1})),
			ranAll(drawn("base=1", "run=b", "run=c"), holds(map[string]int{"base=1": 1, "run=b": 1, "run=c": 1}))},
			now: drawn("base=1", "run=a", "run=c"), holds: map[string]int{"base=1": 1, "run=b": 1, "run=c": 1}, want: "hrr"},
		{name: "somebody else ran it", before: []*record.Record{abc()}, now: drawn("base=1", "copy=x", "run=b", "run=c"),
			holds: map[string]int{"base=1": 1, "copy=a": 1, "copy=x": 1, "run=b": 2, "run=c": 1}, want: "huur"},
		{name: "one image by two names", before: []*record.Record{abc()}, now: drawn("base=2", "run=x", "base=2", "run=y"), want: "urur",
			hangs: "another step names the same image, and one of them fetches it"},
		{name: "twins", before: []*record.Record{abc()}, now: drawn("base=1", "run=x", "base=1", "run=x", "run=y"), want: "huhur", hangs: twinRuns},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := Options{}
			ran := map[string]int{}
			for i, rec := range tt.before {
				rec.Started = time.Unix(int64(i), 0)
				o.History = append([]*record.Record{rec}, o.History...)
				for _, s := range rec.Steps {
					if v := s.Vertices[len(s.Vertices)-1]; v.Ran && v.Done {
						ran[s.Text]++
					}
				}
			}
			now := stocked(named(tt.holds))
			if tt.holds == nil {
				now = nil
				if len(tt.before) > 0 {
					held := named(ran)
					delete(held, solve.CacheName(&drawn("base=2").Steps[0].Vertices[0], nil))
					now = stocked(held)
				}
			}
			if tt.cached {
				o.Build.CacheFrom = append(o.Build.CacheFrom, client.CacheOptionsEntry{Type: "local"})
			}
			predictFrom(o, tt.now, now)
			checkReasons(t, tt.now)
			got, hangs := "", ""
			for _, s := range tt.now.Steps {
				got += string(s.Outcome[:1])
				if s.Outcome == record.Undecided && hangs == "" {
					hangs = strings.Join(s.HangsOn, " ") + s.Why
				}
			}
			if got != tt.want || tt.hangs != "" && hangs != tt.hangs {
				t.Errorf("got %s hanging on %q, want %s on %q", got, hangs, tt.want, tt.hangs)
				for _, s := range tt.now.Steps {
					t.Logf("%s: %s %q %s", s.Text, s.Outcome, s.HangsOn, s.Why)
				}
			}
		})
	}
}

// TestPredictFromOrder says that the order of the records does not matter, nor to
// which project they belong.
func TestPredictFromOrder(t *testing.T) {
	records := []*record.Record{
		ranAll(drawn("base=1", "copy=a", "run=b")), ranAll(drawn("base=1", "copy=x", "run=b")), ranAll(drawn("base=1", "copy=a", "run=b!"), hit(2)),
	}
	for i, r := range records {
		r.Started = time.Unix(int64(i), 0)
	}
	for _, o := range []Options{
		{History: []*record.Record{records[2], records[1], records[0]}},
		{Related: records},
		{History: records[1:2], Related: []*record.Record{records[2], records[0]}},
	} {
		rec := drawn("base=1", "copy=a", "run=b")
		predictFrom(o, rec, nil)
		for _, s := range rec.Steps {
			if s.Outcome != record.Hit {
				t.Errorf("%d and %d records: %s is %s %q %s", len(o.History), len(o.Related), s.Text, s.Outcome, s.HangsOn, s.Why)
			}
		}
	}
}

func TestHasRules(t *testing.T) {
	for version, want := range map[string]bool{
		rulesOf: true, "v0.34.10": true, "v0.35.0-rc1": true, "v1.0.0": true, "v0.34.1": false, "v0.9.9": false, "v0.0.0+unknown": false, "": false, "dev": false, "v1.0": false,
	} {
		if got := hasRules(version); got != want {
			t.Errorf("%s: %v", version, got)
		}
	}
}

func FuzzPredictFrom(f *testing.F) {
	f.Add("base=1 copy=a run=b", "base=1 copy=b run=b", uint8(1))
	f.Add("base=1 run=a base=1 take=1", "base=1 run=b base=1 take=1", uint8(0))
	f.Add("take=0 take=1 self", "take=5", uint8(3))
	f.Fuzz(func(t *testing.T, before, now string, odd uint8) {
		old, rec := drawn(strings.Fields(before)...), drawn(strings.Fields(now)...)
		complete(old)
		for i := range old.Steps {
			if int(odd) > i {
				old.Steps[i].ID, old.Steps[i].Vertices = "0", old.Steps[i].Vertices[:0]
			}
		}
		predictFrom(Options{History: []*record.Record{old}}, rec, stocked(old.EngineCache))
		checkReasons(t, rec)
	})
}

// checkReasons says that every undecided step of a prediction has a reason, and
// that none lies in a step that comes after it, or in itself.
func checkReasons(t *testing.T, rec *record.Record) {
	t.Helper()
	at := newFileOrder(rec)
	for _, s := range rec.Steps {
		if s.Outcome == record.Undecided && len(s.HangsOn) == 0 && s.Why == "" {
			t.Errorf("%s is undecided without a reason", s.Text)
		}
		for _, id := range s.HangsOn {
			if i, ok := at[id]; ok && i >= at[s.ID] {
				t.Errorf("%s hangs on %s, which does not come before it", s.ID, id)
			}
		}
	}
}
