package explain

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/layerwise/layerwise/analyzer/record"
)

// check states what holds of every comparison.
func check(t *testing.T, old, cur *record.Record) {
	t.Helper()
	c := Compare(old, cur)
	side := newSide(cur)
	for i := range cur.Steps {
		s := &cur.Steps[i]
		first := side.index[s.ID] == i
		causes := c.Causes[s.ID]
		if side.ran(i) && len(causes) == 0 && s.Outcome != record.StepCanceled {
			t.Fatalf("%s ran without a cause", s.ID)
		}
		if first && len(causes) > 0 && !side.ran(i) && !repeated(cur, s.ID) {
			t.Fatalf("%s has causes and did not run", s.ID)
		}
		seenCascade := false
		for _, cause := range causes {
			checkCause(t, c, side, s.ID, cause)
			if seenCascade = seenCascade || !cause.Root; seenCascade && cause.Root {
				t.Fatalf("%s: a root after a cascade", s.ID)
			}
		}
	}
	for k, r := range c.Roots {
		if r.Steps[0] != r.Step {
			t.Fatalf("root %s starts with %s", r.Step, r.Steps[0])
		}
		if k > 0 && r.Seconds > c.Roots[k-1].Seconds {
			t.Fatalf("root %s is dearer than the one before it", r.Step)
		}
		if r.Seconds > c.SecondsRun+1e-6 {
			t.Fatalf("root %s costs %v of %v s", r.Step, r.Seconds, c.SecondsRun)
		}
	}
	if again := Compare(old, cur); !reflect.DeepEqual(c, again) {
		t.Fatal("another comparison of the same records differs")
	}
}

func repeated(r *record.Record, id string) bool {
	n := 0
	for _, s := range r.Steps {
		if s.ID == id {
			n++
		}
	}
	return n > 1
}

func checkCause(t *testing.T, c *Comparison, s *side, id string, cause Cause) {
	t.Helper()
	if !slices.Contains(vocabulary, cause.Kind) || cause.Message == "" || strings.ContainsAny(cause.Message, "\n\x1b") {
		t.Fatalf("%s: bad cause %+v", id, cause)
	}
	if len(cause.Files) > MaxFiles {
		t.Fatalf("%s: %d files", id, len(cause.Files))
	}
	if cause.Root != (cause.Because == "") {
		t.Fatalf("%s: a root that follows, or neither: %+v", id, cause)
	}
	for steps := 0; !cause.Root; steps++ { // the first cause that is no root, to its end
		if i, ok := s.index[cause.Because]; !ok || !s.ran(i) {
			t.Fatalf("%s follows %q, which did not run", id, cause.Because)
		}
		if steps > len(s.steps) {
			t.Fatalf("%s: causes go in a circle", id)
		}
		causes := c.Causes[cause.Because]
		if len(causes) == 0 && s.steps[s.index[cause.Because]].Outcome == record.StepCanceled {
			return // why it would have missed nobody knows
		}
		cause = causes[len(causes)-1] // the least likely root
	}
}

// odd makes a record that no build would: anything may contradict anything.
func odd(r *rand.Rand) *record.Record {
	pick := func(from ...string) string { return from[r.IntN(len(from))] }
	n := r.IntN(14)
	id := func() string { return fmt.Sprint("s", r.IntN(n+2)) }
	rec := &record.Record{Engine: record.Engine{CacheID: pick("", "one", "two")}, CacheImports: r.IntN(4) == 0,
		BuildArgs: map[string]string{"V": pick("1", "2")}}
	if r.IntN(2) == 0 {
		rec.Trees = map[string]record.Tree{"context": treeOf(map[string]string{"a": pick("1", "2"), "b/c": pick("1", "755:2", "->x")})}
	}
	for k := range n {
		text := pick("FROM a", "FROM b AS x", "FROM x", "FROM $V", "RUN x", "RUN y $V", "COPY a /", "COPY --from=x a b", "ENV V=1", "ENV W=$V", "ARG V=2",
			"ARG W=$V", "WORKDIR a", "WORKDIR /b", "USER u", `SHELL ["a"]`, "", "run \\\n x\x1b", "FROM", "ENV", "ARG")
		keyword, _, _ := strings.Cut(text, " ")
		s := record.Step{ID: fmt.Sprint("s", k), Platform: pick("", "p", "p", "q"), Stage: pick("", "x", "stage-0", "stage-1"), StageIndex: r.IntN(4) - 1,
			Instruction: keyword, Text: text, Line: k, Trigger: r.IntN(8) == 0, Seconds: float64(r.IntN(3)),
			Outcome: record.Outcome(pick("hit", "miss", "miss", "failed", "canceled", "not-run", "unused", "none", "run", "undecided", "?")),
			Args:    map[string]string{pick("V", "W"): pick("1", "2", "redacted:1")}, Env: map[string]string{pick("V", "P"): pick("1", "2")}}
		if r.IntN(10) == 0 {
			s.ID = id()
		}
		for range r.IntN(3) {
			s.Vertices = append(s.Vertices, oddVertex(r, pick, id))
		}
		for range r.IntN(3) {
			s.DependsOn = append(s.DependsOn, id())
		}
		rec.Steps = append(rec.Steps, s)
	}
	return rec
}

func oddVertex(r *rand.Rand, pick func(...string) string, id func() string) record.Vertex {
	v := record.Vertex{Digest: pick("", "d1", "d2"), Key: pick("", "k1", "k2"), Pin: pick("", "p1", "p2"), Ran: r.IntN(2) == 0, NoCache: r.IntN(8) == 0,
		Op: record.Op{Kind: pick("source", "exec", "file", "merge", "?"), Env: map[string]string{pick("V", "P"): pick("1", "2")},
			Fields: map[string]string{pick("args", "cwd", "user", "network", "actions", "identifier", "mounts"): pick("", "/a", "mkfile x", `["sh","x"]`,
				"docker-image://a@1", "docker-image://a@2", "https://x", "local://context")}}}
	for range r.IntN(4) {
		v.Inputs = append(v.Inputs, record.Input{Step: pick("", "", id(), id()), Source: pick("", "context", "inline", "self", "scratch", "https://x", "docker-image://a@1"),
			Hashed: r.IntN(2) == 0, Content: pick("", "c1", "c2"), Files: map[string]string{pick("/a", "/b"): pick("1", "2")},
			Selectors: []record.Selector{{Path: pick("/", "/a", "/["), Wildcard: r.IntN(3) == 0}}})
	}
	return v
}

func TestOddRecords(t *testing.T) {
	n := 5000
	if testing.Short() {
		n = 500
	}
	for seed := range uint64(n) {
		r := rand.New(rand.NewPCG(seed, 1))
		old, cur := odd(r), odd(r)
		check(t, old, cur)
		check(t, nil, cur)
		check(t, cur, cur)
		CarryForward(old, cur)
		check(t, old, cur)
		if t.Failed() {
			t.Fatalf("with seed %d", seed)
		}
	}
	Compare(nil, nil)
	Compare(&record.Record{}, nil)
}

func FuzzCompare(f *testing.F) {
	f.Add(uint64(1), uint64(2))
	f.Fuzz(func(t *testing.T, a, b uint64) {
		r := rand.New(rand.NewPCG(a, b))
		old, cur := odd(r), odd(r)
		check(t, old, cur)
	})
}

// TestRandomEdits compares builds of an engine's model, which never contradict
// themselves.
func TestRandomEdits(t *testing.T) {
	n := 300
	if testing.Short() {
		n = 50
	}
	for seed := range uint64(n) {
		r := rand.New(rand.NewPCG(seed, 2))
		w := newWorld()
		j := job{file: app, context: appContext(), engine: "one"}
		old := w.build(j)
		for range 6 {
			randomEdit(r)(w, &j)
			cur := w.build(j)
			CarryForward(old, cur)
			check(t, old, cur)
			for id, causes := range Compare(old, cur).Causes {
				for _, c := range causes {
					if c.Kind == Unknown {
						t.Fatalf("seed %d: %s: %+v", seed, id, c)
					}
				}
			}
			old = cur
		}
	}
}

func randomEdit(r *rand.Rand) edit {
	lines := strings.Split(app, "\n")
	line := lines[2+r.IntN(7)]
	edits := []edit{
		file("main.go", fmt.Sprint(r.IntN(3))),
		file("go.mod", fmt.Sprint(r.IntN(3))),
		file("docs/a.md", fmt.Sprint(r.IntN(3))),
		arg("VERSION", fmt.Sprint(r.IntN(3))),
		arg("BASE", fmt.Sprint("alpine:", r.IntN(3))),
		replace("RUN fetch", "RUN fetch it"),
		replace("RUN fetch it", "RUN fetch"),
		replace("RUN make", "RUN const"),
		replace(line+"\n", line+"\nRUN more\n"),
		replace("\nRUN more", ""),
		replace("MODE=fast", "MODE=slow"),
		prune,
		noCache("build"),
		noCache(""),
	}
	return edits[r.IntN(len(edits))]
}

func BenchmarkCompare(b *testing.B) {
	w := newWorld()
	j := job{file: app, context: appContext(), engine: "one"}
	old := w.build(j)
	j.context["main.go"] = "y"
	cur := w.build(j)
	for b.Loop() {
		Compare(old, cur)
	}
}
