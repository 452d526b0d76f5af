package predict_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/layerwise/layerwise/analyzer/engine/embedded"
	"github.com/layerwise/layerwise/analyzer/predict"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/layerwise/layerwise/analyzer/solve"
	"github.com/layerwise/layerwise/analyzer/standin"
	"github.com/sirupsen/logrus"
)

func TestMain(m *testing.M) {
	standin.Main()
	embedded.Main()
	logrus.SetOutput(io.Discard) // what BuildKit's client logs beside the errors that it returns
	os.Exit(m.Run())
}

func startEngine(t testing.TB) *embedded.Engine {
	t.Helper()
	root := filepath.Join(t.TempDir(), "engine")
	e, err := embedded.Start(t.Context(), embedded.Options{Root: root})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		if err := embedded.Remove(context.Background(), root); err != nil {
			t.Error(err)
		}
	})
	return e
}

func standIn(t testing.TB) *standin.Playground {
	t.Helper()
	dir, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	return standin.NewPlayground(filepath.Join(dir, "layerwise", "test-playground"))
}

// project is a context that a test edits and builds.
type project struct {
	t       testing.TB
	eng     *embedded.Engine
	dir     string
	options solve.Options // all but the source
	history []*record.Record
	edits   []string // of the next prediction

	verdicts, undecided int
}

func newProject(t testing.TB, eng *embedded.Engine, files map[string]string) *project {
	t.Helper()
	p := &project{t: t, eng: eng, dir: t.TempDir()}
	p.options = solve.Options{StandIns: standIn(t), Salt: []byte("test")}
	for name, text := range files {
		p.write(name, text)
	}
	return p
}

func (p *project) write(name, text string) {
	p.t.Helper()
	path := filepath.Join(p.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		p.t.Fatal(err)
	}
}

func (p *project) buildOptions() solve.Options {
	p.t.Helper()
	src, err := solve.Open(p.dir, "", nil)
	if err != nil {
		p.t.Fatal(err)
	}
	o := p.options
	src.Named = o.Source.Named
	o.Source = src
	return o
}

func (p *project) predict() *record.Record {
	p.t.Helper()
	rec, err := predict.Run(p.t.Context(), p.eng, predict.Options{Build: p.buildOptions(), History: p.history, Edits: p.edits})
	if err != nil {
		p.t.Fatal(err)
	}
	for _, s := range rec.Steps {
		for _, id := range s.HangsOn {
			if on := rec.Step(id); on != nil && (on.Line > s.Line || id == s.ID) {
				p.t.Errorf("%s hangs on %s, which does not come before it", s.ID, id)
			}
		}
	}
	if rec.Basis != record.Predicted || rec.Result != record.NotBuilt {
		p.t.Errorf("basis %s, result %s", rec.Basis, rec.Result)
	}
	return rec
}

func (p *project) build() *record.Record {
	p.t.Helper()
	rec, err := solve.Run(p.t.Context(), p.eng, p.buildOptions())
	if rec == nil {
		p.t.Fatal(err)
	}
	if err != nil {
		p.t.Logf("the build failed: %v", err)
	}
	p.history = slices.Insert(p.history, 0, rec)
	return rec
}

// check predicts twice, builds, and compares.
func (p *project) check(label string) (predicted, built *record.Record) {
	p.t.Helper()
	predicted = p.predict()
	again := p.predict()
	if a, b := outcomes(predicted), outcomes(again); a != b {
		p.t.Errorf("%s: the second prediction differs from the first:\n%s\n%s", label, a, b)
	}
	built = p.build()
	p.compare(label, predicted, built)
	return predicted, built
}

func (p *project) compare(label string, predicted, built *record.Record) {
	p.t.Helper()
	for i, s := range built.Steps {
		said := predicted.Steps[i]
		wrong := false
		switch said.Outcome {
		case record.Run:
			ran := []record.Outcome{record.Miss, record.StepFailed, record.StepCanceled}
			if built.Result == record.Failed { // a step that would run did so, and failed
				ran = append(ran, record.NotRun)
			}
			wrong = !slices.Contains(ran, s.Outcome)
		case record.Undecided:
			p.undecided++
			wrong = len(said.HangsOn) == 0 && said.Why == ""
		case record.None:
			if s.Outcome == record.None {
				continue
			}
			wrong = true
		default:
			wrong = said.Outcome != s.Outcome || names(said.Error) != names(s.Error)
		}
		p.verdicts++
		if wrong {
			p.t.Errorf("%s: %s %s: predicted %s (hangs on %q, %s), built %s %s", label, s.ID, s.Text, said.Outcome, said.HangsOn, said.Error, s.Outcome, s.Error)
		}
	}
}

// names is the path that an error is about.
func names(message string) string {
	_, rest, _ := strings.Cut(message, `"`)
	name, _, _ := strings.Cut(rest, `"`)
	return strings.Trim(name, "/")
}

func outcomes(rec *record.Record) string {
	var b strings.Builder
	for _, s := range rec.Steps {
		if s.Outcome != record.None && s.Outcome != record.Unused {
			fmt.Fprintf(&b, "%s %s: %s %q\n", s.ID, s.Instruction, s.Outcome, s.HangsOn)
		}
	}
	return b.String()
}

// outcome returns that of the first step whose text begins so.
func outcome(t testing.TB, rec *record.Record, text string) record.Outcome {
	t.Helper()
	for _, s := range rec.Steps {
		if strings.HasPrefix(s.Text, text) {
			return s.Outcome
		}
	}
	t.Fatalf("no step %q", text)
	return ""
}
