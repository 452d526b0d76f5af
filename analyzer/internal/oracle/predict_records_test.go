package oracle_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/layerwise/layerwise/analyzer/engine"
	"github.com/layerwise/layerwise/analyzer/explain"
	"github.com/layerwise/layerwise/analyzer/predict"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/layerwise/layerwise/analyzer/solve"
	"github.com/moby/buildkit/client"
)

// foretold is a project that is predicted from records before each build.
type foretold struct {
	t       *testing.T
	eng     engine.Engine
	dir     string
	options solve.Options
	history []*record.Record // newest first
	related []*record.Record
	edits   []string // of a what-if
	other   bool     // the next build sees other files than the prediction did

	verdicts, undecided int
}

// predict predicts, and sees to it that nothing came of it. want has the outcomes of
// all steps that have one, a letter each: hit, run, undecided.
func (f *foretold) predict(label, want string) (*record.Record, solve.Options) {
	f.t.Helper()
	o := f.options
	var err error
	if o.Source, err = solve.Open(f.dir, "", nil); err != nil {
		f.t.Fatal(err)
	}
	o.StandIns, o.Salt, o.Label = standIn(f.t), []byte("oracle"), label
	started := time.Now()
	predicted, err := predict.Run(f.t.Context(), f.eng, predict.Options{Build: o, History: f.history, Related: f.related, Edits: f.edits})
	if err != nil {
		f.t.Fatalf("%s: %v", label, err)
	}
	for _, made := range madeSince(f.t, f.eng, started) {
		f.t.Errorf("%s: the prediction left something in the cache: %s", label, made)
	}

	checkReasons(f.t, predicted)
	got := ""
	for _, s := range predicted.Steps {
		if s.Outcome == record.None || s.Outcome == record.Unused {
			continue
		}
		got += string(s.Outcome[:1])
	}
	if got != want {
		f.t.Errorf("%s: predicted %q, want %q", label, got, want)
		for _, s := range predicted.Steps {
			f.t.Logf("%s %s: %s %q %s", s.ID, s.Instruction, s.Outcome, s.HangsOn, s.Why)
		}
	}
	return predicted, o
}

// whatIf predicts, and builds nothing.
func (f *foretold) whatIf(label, want string) {
	f.t.Helper()
	f.predict(label, want)
}

// next predicts, builds and compares.
func (f *foretold) next(label, want string) {
	f.t.Helper()
	predicted, o := f.predict(label, want)
	built, err := solve.Run(f.t.Context(), f.eng, o)
	if built == nil {
		f.t.Fatalf("%s: %v", label, err)
	}
	if len(f.history) > 0 {
		explain.CarryForward(f.history[0], built)
	}
	f.history = append([]*record.Record{built}, f.history...)
	wrong, checked, ok := predict.Check(predicted, built)
	if ok == f.other {
		f.t.Errorf("%s: the prediction is not said to be for this build", label)
	}
	for _, w := range wrong {
		f.t.Errorf("%s: %s", label, w)
	}
	for i, s := range predicted.Steps {
		became := built.Steps[i].Outcome
		if nothing := s.Outcome == record.None || s.Outcome == record.Unused; nothing && became != s.Outcome {
			f.t.Errorf("%s: %s is said to be %s, and was %s", label, s.ID, s.Outcome, became)
		}
		if s.Outcome == record.Undecided {
			f.undecided++
		}
	}
	f.verdicts += checked
}

// prune takes those results out of the engine's cache of which the description has
// a text.
func (f *foretold) prune(text string) {
	f.t.Helper()
	usage, err := f.eng.Client().DiskUsage(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	for _, u := range usage {
		if strings.Contains(u.Description, text) {
			if err := f.eng.Client().Prune(f.t.Context(), nil, client.WithFilter([]string{"id==" + u.ID})); err != nil {
				f.t.Fatal(err)
			}
		}
	}
}

func (f *foretold) write(name, text string) {
	f.t.Helper()
	path := filepath.Join(f.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		f.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		f.t.Fatal(err)
	}
}

// madeSince has the results that the engine holds and did not have at a time.
// Counts do not tell: what a build made is listed some time after its end.
func madeSince(t *testing.T, eng engine.Engine, start time.Time) []string {
	t.Helper()
	usage, err := eng.Client().DiskUsage(context.Background(), client.WithFilter([]string{"type==" + string(client.UsageRecordTypeRegular)}))
	if err != nil {
		t.Fatal(err)
	}
	var made []string
	for _, u := range usage {
		if u.CreatedAt.After(start) {
			made = append(made, u.Description)
		}
	}
	return made
}

// TestPredictFromRecords predicts each build from the records of those before it,
// on an engine that cannot be asked, and holds every verdict against the build.
func TestPredictFromRecords(t *testing.T) {
	if testing.Short() {
		t.Skip("builds for real; not with -short")
	}
	eng := startBuildkitd(t)
	total, undecided := 0, 0
	project := func(name, dockerfile string, files map[string]string, run func(f *foretold)) {
		t.Run(name, func(t *testing.T) {
			if err := eng.Client().Prune(t.Context(), nil, client.PruneAll); err != nil {
				t.Fatal(err)
			}
			f := &foretold{t: t, eng: eng, dir: t.TempDir()}
			f.write("Dockerfile", dockerfile)
			for name, text := range files {
				f.write(name, text)
			}
			run(f)
			total += f.verdicts
			undecided += f.undecided
		})
	}
	two := strings.Join([]string{"FROM busybox AS build", "COPY a.txt /a", "RUN cat /a > /out", "COPY b.txt /b", "RUN cat /b >> /out",
		"FROM busybox", "COPY --from=build /out /out", "RUN cat /out"}, "\n")
	project("edit and back", two, map[string]string{"a.txt": "1", "b.txt": "1"}, func(f *foretold) {
		f.next("first", "uuuuuuuu")
		f.next("unchanged", "hhhhhhhh")
		f.edits = []string{"b.txt"}
		f.whatIf("b edited", "hhhrrhuu")
		f.edits = []string{"a.txt"}
		f.whatIf("a edited", "hrrrrhuu")
		f.edits = nil
		f.write("b.txt", "two")
		f.next("b changed", "hhhrrhuu")
		f.write("b.txt", "1")
		f.next("b back", "hhhhhhhh")
		f.write("a.txt", "two")
		f.next("a changed", "hrrrrhuu")
		f.write("b.txt", "two")
		f.next("both changed", "hhhrrhuu")
		f.write("a.txt", "1")
		f.next("a back, with the other b", "hhhhhhhh")
		f.options.NoCacheFilter = []string{"build"}
		f.next("one stage forced", "hrrrrhuu")
		f.options.NoCacheFilter = nil
		f.next("no longer forced", "hhhhhhhh")
		f.options.NoCache = true
		f.next("all forced", "hrrrrhrr")
	})
	project("prune", two, map[string]string{"a.txt": "1", "b.txt": "1"}, func(f *foretold) {
		f.next("first", "uuuuuuuu")
		if err := eng.Client().Prune(t.Context(), nil, client.PruneAll); err != nil {
			f.t.Fatal(err)
		}
		f.next("pruned", "rrrrrrrr")
		f.next("unchanged", "hhhhhhhh")
		f.write("b.txt", "two")
		f.next("b changed", "hhhrrhuu")
	})
	project("failing", "FROM busybox\nCOPY a.txt /a\nRUN test $(cat /a) = 1\nRUN echo end", map[string]string{"a.txt": "1"}, func(f *foretold) {
		f.next("first", "uuuu")
		f.write("a.txt", "2")
		f.next("fails", "hrrr")
		f.next("fails again", "hhrr")
		f.write("a.txt", "1")
		f.next("good again", "hhhh")
	})
	project("Dockerfile edited", "FROM busybox\nRUN echo 1\nRUN echo 2\nENV A=1\nRUN echo 3", nil, func(f *foretold) {
		f.next("first", "uuuu")
		f.write("Dockerfile", "FROM busybox\nRUN echo 2\nRUN echo 1\nENV A=1\nRUN echo 3")
		f.next("two swapped", "hrrr")
		f.write("Dockerfile", "FROM busybox\nRUN echo 1\nENV A=2\nRUN echo 3")
		f.next("one removed", "hhr")
		f.write("Dockerfile", "FROM busybox\nRUN echo 1\nRUN echo 2\nENV A=1\nRUN echo 3")
		f.next("as it was", "hhhh")
	})
	project("forced base", "FROM busybox AS a\nRUN echo x > /x\nFROM a AS b\nRUN echo y > /y\nFROM busybox\nCOPY --from=b /y /y\nRUN cat /y", nil, func(f *foretold) {
		f.next("first", "uuuuuu")
		f.options.NoCacheFilter = []string{"a"}
		f.next("one stage forced", "hrrhhh")
		f.options.NoCacheFilter = nil
		f.next("no longer", "hhhhhh")
	})
	project("mounts and links", "FROM busybox AS tool\nRUN echo tool > /tool\nFROM busybox\nCOPY --link a.txt /a\n"+
		"RUN --mount=type=bind,source=b.txt,target=/b cat /b > /out\nRUN --mount=type=bind,from=tool,source=/tool,target=/t cat /t\n"+
		"COPY <<end /doc\ntext\nend\nRUN cat /doc", map[string]string{"a.txt": "1", "b.txt": "1"}, func(f *foretold) {
		f.next("first", "uuuuuuuu")
		f.next("unchanged", "hhhhhhhh")
		f.write("b.txt", "two")
		f.next("mounted file changed", "hhhhrrrr")
		f.write("a.txt", "two")
		f.next("linked file changed", "hhhrrrrr")
		f.write("b.txt", "1")
		f.write("a.txt", "1")
		f.next("as it was", "hhhhhhhh")
	})
	project("another target", two+"\nFROM busybox AS last\nCOPY --from=build /a /a\nRUN cat /a", map[string]string{"a.txt": "1", "b.txt": "1"}, func(f *foretold) {
		f.options.Target = "build"
		f.next("first", "uuuuu")
		f.related, f.history, f.options.Target = f.history, nil, ""
		f.next("the last stage", "hhhhhhrr")
		f.write("a.txt", "two")
		f.next("a changed", "hrrrrhuu")
	})
	project("somebody else", "FROM busybox\nRUN echo 1\nRUN echo 2", nil, func(f *foretold) {
		f.next("first", "uuu")
		f.write("Dockerfile", "FROM busybox\nRUN echo 1\nRUN echo 3")
		forgotten := f.history
		f.next("edited", "hhr")
		f.history = forgotten // as if another client had built that
		f.next("the same again", "hhu")
	})
	filled := map[string]string{"package.json": "{}", "src/x.vue": "1", "server/s.js": "1"}
	project("filled by somebody else", sharedDockerfile, filled, func(f *foretold) {
		f.next("theirs", "uuuuuuuuuuuu")
		f.history = nil
		f.next("ours", "uuuuuuuuuuuu")
		f.next("again", "hhhhhhhhhhhh")
		f.write("server/s.js", "two")
		f.next("one file edited", "hhhhhhrrhhuu")
	})
	project("filled by somebody else, and pruned", sharedDockerfile, filled, func(f *foretold) {
		f.next("theirs", "uuuuuuuuuuuu")
		f.history = nil
		f.next("ours", "uuuuuuuuuuuu")
		f.next("again", "hhhhhhhhhhhh")
		f.prune("from exec /bin/sh -c ls src")
		f.next("a stage pruned that nobody needs", "hhhhhhhhhhhh")
		f.write("server/s.js", "two")
		f.next("but now", "hhhhhrrrhhuu")
	})
	project("pruned before we came", sharedDockerfile, filled, func(f *foretold) {
		f.next("theirs", "uuuuuuuuuuuu")
		f.history = nil
		f.prune("from exec /bin/sh -c ls src")
		f.next("ours", "uuuuuuuuuuuu")
		f.next("again", "hhhhhhhhhhhh")
		f.write("server/s.js", "two")
		f.next("one file edited", "hhhhhurrhhuu")
	})
	project("another line in the stage", "FROM busybox\nCOPY a.txt /\nRUN cat /a.txt", map[string]string{"a.txt": "1"}, func(f *foretold) {
		f.next("first", "uuu")
		forgotten := f.history
		f.write("Dockerfile", "FROM busybox\nCOPY a.txt /\nRUN cat /a.txt\nRUN echo more")
		f.write("a.txt", "two")
		f.next("edited", "hrrr")
		f.history = forgotten // as if another client had built that, whose steps have other numbers
		f.write("Dockerfile", "FROM busybox\nCOPY a.txt /\nRUN cat /a.txt")
		f.next("the same files", "huu")
	})
	project("two files missing", "FROM busybox\nRUN echo 1\nCOPY a.txt /\nCOPY b.txt /\nRUN echo 2", nil, func(f *foretold) {
		f.write("Dockerfile", "FROM busybox\nRUN echo 1\nRUN echo 2")
		f.next("without", "uuu")
		f.write("Dockerfile", "FROM busybox\nRUN echo 1\nCOPY a.txt /\nCOPY b.txt /\nRUN echo 2")
		predicted, _ := f.predict("both", "uuffn")
		if want := `"a.txt" is not in the build context`; predicted.Error != want || predicted.Steps[2].Error != want || predicted.Steps[3].Error != `"b.txt" is not in the build context` {
			f.t.Errorf("%q, %q, %q", predicted.Error, predicted.Steps[2].Error, predicted.Steps[3].Error)
		}
	})
	project("stale transfer", "FROM busybox\nCOPY a.txt /\nRUN cat /a.txt", map[string]string{"a.txt": "1"}, func(f *foretold) {
		f.next("first", "uuu")
		path := filepath.Join(f.dir, "a.txt")
		info, err := os.Stat(path)
		if err != nil {
			f.t.Fatal(err)
		}
		f.write("a.txt", "2")
		if err := os.Chtimes(path, info.ModTime(), info.ModTime()); err != nil {
			f.t.Fatal(err)
		}
		f.other = true // the engine keeps what it has
		f.next("same size and time", "huu")
		f.other = false
		f.write("a.txt", "3")
		f.next("same size", "hrr")
	})
	project("missing file", "FROM busybox\nCOPY a.txt /\nRUN cat /a.txt", map[string]string{"a.txt": "1"}, func(f *foretold) {
		f.next("first", "uuu")
		f.write("Dockerfile", "FROM busybox\nCOPY b.txt /\nRUN cat /b.txt")
		f.next("missing", "hfn")
		f.write("Dockerfile", "FROM busybox\nCOPY a.txt /\nRUN cat /a.txt")
		f.next("good again", "hhh")
	})
	t.Logf("%d verdicts checked, %d undecided", total, undecided)
}
