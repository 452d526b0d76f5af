package oracle_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/layerwise/layerwise/analyzer/engine"
	"github.com/layerwise/layerwise/analyzer/explain"
	"github.com/layerwise/layerwise/analyzer/predict"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/layerwise/layerwise/analyzer/solve"
	"github.com/moby/buildkit/client"
)

// apart is by how many points of a hundred the engine that cannot be asked may be
// undecided more often than the one that can.
const apart = 5

// committed is a project in which every commit edits files, of a Dockerfile whose
// stages share a base, copy from each other and mount each other's files.
type committed struct {
	rng   *rand.Rand
	files map[string]string
}

const sharedDockerfile = `FROM busybox AS base
WORKDIR /app
COPY package*.json ./
RUN head -c 100 package.json > head.txt
FROM base AS front
COPY src src
RUN ls src | wc -l > front.txt
FROM base AS back
COPY . .
RUN --mount=type=bind,from=front,source=/app/front.txt,target=/f.txt cat /f.txt > back.txt
FROM busybox
COPY --from=front /app/front.txt /app/head.txt /out/
COPY --from=back /app/back.txt /out/
RUN cat /out/* > /all
`

func newCommitted(seed uint64) *committed {
	return &committed{rng: rand.New(rand.NewPCG(seed, 8)), files: map[string]string{
		"Dockerfile": sharedDockerfile, "package.json": fmt.Sprintf("{%d}", seed), "src/x.vue": "1", "src/y.vue": "1", "server/s.js": "1", "docs.md": "1",
	}}
}

// commit edits one or two files, those that people edit more often than others.
func (c *committed) commit(n int) {
	names := []string{"src/x.vue", "src/x.vue", "src/y.vue", "server/s.js", "server/s.js", "server/s.js", "docs.md", "docs.md", "package.json", "Dockerfile", "new"}
	for range 1 + c.rng.IntN(2) {
		switch name := names[c.rng.IntN(len(names))]; name {
		case "new":
			c.files[fmt.Sprintf("src/new%d.vue", n)] = "new"
		case "Dockerfile":
			c.files[name] = fmt.Sprintf("%sRUN echo %d >> /all\n", sharedDockerfile, n)
		default:
			c.files[name] += fmt.Sprint("\n", n, c.rng.IntN(1000))
		}
	}
}

func (c *committed) write(t *testing.T, dir string) {
	t.Helper()
	for name, text := range c.files {
		path := filepath.Join(dir, name)
		if old, err := os.ReadFile(path); err == nil && string(old) == text {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// watched is what was predicted on one engine.
type watched struct {
	engine.Engine
	name             string
	history          []*record.Record // newest first
	verdicts, unsure int
}

func (w *watched) part() float64 { return 100 * float64(w.unsure) / float64(max(1, w.verdicts)) }

func (w *watched) options(t *testing.T, dir string) solve.Options {
	t.Helper()
	src, err := solve.Open(dir, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	return solve.Options{Source: src, StandIns: standIn(t), Salt: []byte("oracle")}
}

func (w *watched) build(t *testing.T, dir string) *record.Record {
	t.Helper()
	rec, err := solve.Run(t.Context(), w.Engine, w.options(t, dir))
	if err != nil {
		t.Fatalf("%s: %v", w.name, err)
	}
	return rec
}

// next predicts, builds and compares.
func (w *watched) next(t *testing.T, dir, label string) {
	t.Helper()
	predicted, err := predict.Run(t.Context(), w.Engine, predict.Options{Build: w.options(t, dir), History: w.history})
	if err != nil {
		t.Fatalf("%s: %s: %v", w.name, label, err)
	}
	checkReasons(t, predicted)
	rec := w.build(t, dir)
	if len(w.history) > 0 {
		explain.CarryForward(w.history[0], rec)
	}
	w.history = append([]*record.Record{rec}, w.history...)
	for i, s := range predicted.Steps {
		became := rec.Steps[i].Outcome
		switch s.Outcome {
		case record.None, record.Unused:
			continue
		case record.Undecided:
			w.unsure++
		case record.Hit, record.Run:
			if (s.Outcome == record.Hit) != (became == record.Hit) {
				t.Errorf("%s: %s: %s %s was predicted to be %s, it is %s", w.name, label, s.ID, s.Text, s.Outcome, became)
			}
		default:
			t.Errorf("%s: %s: %s was predicted to be %s", w.name, label, s.ID, s.Outcome)
		}
		w.verdicts++
	}
	if testing.Verbose() {
		line := ""
		for i, s := range predicted.Steps {
			if s.Outcome != record.None {
				line += fmt.Sprintf(" %d%.1s%.1s", s.Line, s.Outcome, rec.Steps[i].Outcome)
			}
		}
		t.Logf("%-9s %-10s%s", w.name, label, line)
	}
}

// checkReasons says that every undecided step has a reason, and that none lies in a
// step that stands after it, or in itself.
func checkReasons(t *testing.T, rec *record.Record) {
	t.Helper()
	for i, s := range rec.Steps {
		if s.Outcome == record.Undecided && len(s.HangsOn) == 0 && s.Why == "" {
			t.Errorf("%s is undecided, and nothing says why", s.ID)
		}
		for _, id := range s.HangsOn {
			for j, on := range rec.Steps {
				if on.ID == id && (on.Line > s.Line || on.Line == s.Line && j >= i) {
					t.Errorf("%s hangs on %s, which does not stand before it", s.ID, id)
				}
			}
		}
	}
}

// TestPredictHistory predicts and builds commit after commit, on an engine that can
// be asked and on one that cannot, whose caches somebody else has filled: with the
// commit from which we go on, with the next ones as well, or with those of a branch
// that is not ours. No verdict is wrong. Where somebody else has built nothing but
// what we began with, neither engine is undecided much more often; what else they
// have built cannot be told from the new files of a step.
func TestPredictHistory(t *testing.T) {
	if testing.Short() {
		t.Skip("builds for real; not with -short")
	}
	engines := []*watched{{Engine: startEmbedded(t), name: "embedded"}, {Engine: startBuildkitd(t), name: "buildkitd"}}
	tests := []struct {
		name          string
		branch        string // whose commits they have built
		ahead, number int    // how many of them, and how many we go through
		near          bool
	}{
		{"where we began", "ours", 0, 25, true},
		{"what we come to", "ours", 5, 10, false},
		{"a branch", "theirs", 4, 10, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, w := range engines {
				if err := w.Client().Prune(t.Context(), nil, client.PruneAll); err != nil {
					t.Fatal(err)
				}
				w.history, w.verdicts, w.unsure = nil, 0, 0
			}
			first, theirs, ours := newCommitted(*fuzzSeed), t.TempDir(), t.TempDir()
			for n := range tt.ahead + 1 {
				first.write(t, theirs)
				for _, w := range engines {
					w.build(t, theirs)
				}
				if tt.branch != "ours" {
					first.rng.Uint64()
				}
				first.commit(n)
			}
			project := newCommitted(*fuzzSeed)
			project.write(t, ours)
			for _, w := range engines {
				for range 2 {
					w.history = append([]*record.Record{w.build(t, ours)}, w.history...)
				}
			}
			for n := range tt.number {
				project.commit(n)
				project.write(t, ours)
				for _, w := range engines {
					w.next(t, ours, fmt.Sprint("commit ", n))
				}
			}
			for _, w := range engines {
				t.Logf("%s: %d verdicts, %d undecided: %.1f %%", w.name, w.verdicts, w.unsure, w.part())
			}
			if more := engines[1].part() - engines[0].part(); tt.near && more > apart {
				t.Errorf("%.1f points more are undecided on a buildkitd, want %d at most", more, apart)
			}
		})
	}
}
