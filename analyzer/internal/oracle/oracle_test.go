package oracle_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/layerwise/layerwise/analyzer/engine"
	"github.com/layerwise/layerwise/analyzer/engine/embedded"
	"github.com/layerwise/layerwise/analyzer/explain"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/layerwise/layerwise/analyzer/scenario"
	"github.com/layerwise/layerwise/analyzer/solve"
	"github.com/layerwise/layerwise/analyzer/standin"
	"github.com/moby/buildkit/client"
	"github.com/sirupsen/logrus"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "rewrite what the oracle cases expect")

func TestMain(m *testing.M) {
	standin.Main()
	embedded.Main()
	buildkitdInit()
	logrus.SetOutput(io.Discard) // what BuildKit's client logs beside the errors that it returns
	os.Exit(runAll(m))
}

// runAll runs the tests with a folder for what they share.
func runAll(m *testing.M) int {
	var err error
	if tools, err = os.MkdirTemp("", "layerwise-oracle-*"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(tools)
	return m.Run()
}

// TestOracle really builds every case of testdata: cold, and after each
// edit of its scenario. For every build and every instruction it checks that
//   - the outcome is what BuildKit executed, counted at the operation;
//   - the outcome inferred from the status events of a buildkitd process alone,
//     which builds the same, is the same;
//   - outcomes and causes are what the case says, reviewed by reading.
func TestOracle(t *testing.T) {
	if testing.Short() {
		t.Skip("builds for real; not with -short")
	}
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	own := &counting{Engine: startEmbedded(t)}
	other := startBuildkitd(t)
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			c := readCase(t, name)
			records := c.run(t, own)
			c.compareWant(t, describe(records))
			c.compareOutcomes(t, records, c.run(t, other))
		})
	}
	t.Run("example-quickstart", func(t *testing.T) { // the others need the images that they name
		c := readExample(t, "../../../examples/quickstart", "testdata/examples/quickstart.txtar")
		records := c.run(t, own)
		c.compareWant(t, describe(records))
		c.compareOutcomes(t, records, c.run(t, other))
	})
	t.Logf("%d cases, %d builds, %d steps on each engine", len(files)+1, builds, steps)
}

// builds and steps count what was compared.
var builds, steps int

// oracleCase is one archive: a context with its Dockerfile, a scenario, and what
// is expected. Its comment may have lines of the form "key=value": target,
// platform, no-cache-filter and no-cache apply to the last build alone.
type oracleCase struct {
	name     string
	archive  *txtar.Archive
	dir      string
	scenario *scenario.Scenario
	settings map[string]string
}

func readCase(t *testing.T, name string) *oracleCase {
	t.Helper()
	ar, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	c := &oracleCase{name: name, archive: ar, dir: t.TempDir(), settings: map[string]string{}, scenario: scenario.Default()}
	for line := range strings.Lines(string(ar.Comment)) {
		if k, v, ok := strings.Cut(strings.TrimSpace(line), "="); ok && !strings.HasPrefix(k, "#") {
			c.settings[k] = v
		}
	}
	for _, f := range ar.Files {
		switch f.Name {
		case "want":
			continue
		case "scenario.yaml":
			if c.scenario, err = scenario.Load(name, strings.NewReader(string(f.Data))); err != nil {
				t.Fatal(err)
			}
			continue
		}
		path := filepath.Join(c.dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// readExample takes the context and the scenario from a folder; the archive has
// only what is expected.
func readExample(t *testing.T, dir, name string) *oracleCase {
	t.Helper()
	ar, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	dir, err = filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "scenario.yaml")
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s, err := scenario.Load(path, f)
	if err != nil {
		t.Fatal(err)
	}
	return &oracleCase{name: name, archive: ar, dir: dir, settings: map[string]string{}, scenario: s}
}

// run builds the case on an engine whose cache is emptied first.
func (c *oracleCase) run(t *testing.T, eng engine.Engine) []*record.Record {
	t.Helper()
	if err := eng.Client().Prune(context.Background(), nil, client.PruneAll); err != nil {
		t.Fatal(err)
	}
	var records []*record.Record
	o := scenario.Options{Scenario: c.scenario, Context: c.dir, Dockerfile: filepath.Join(c.dir, "Dockerfile"), TempDir: t.TempDir()}
	o.Prune = func(ctx context.Context) error { return eng.Client().Prune(ctx, nil, client.PruneAll) }
	o.Build = func(ctx context.Context, b scenario.Build) (*record.Record, error) {
		src, err := solve.Open(b.Context, b.Dockerfile, nil)
		if err != nil {
			return nil, err
		}
		opt := solve.Options{Source: src, BuildArgs: b.BuildArgs, StandIns: standIn(t), Label: b.Label, Salt: []byte("oracle")}
		if v := c.settings["platform"]; v != "" {
			opt.Platforms = []string{v}
		}
		opt.Target = c.settings["target"]
		if b.Index == len(c.scenario.Steps) {
			opt.NoCache = c.settings["no-cache"] != ""
			if v := c.settings["no-cache-filter"]; v != "" {
				opt.NoCacheFilter = []string{v}
			}
		}
		rec, err := solve.Run(ctx, eng, opt)
		if rec != nil {
			if len(records) > 0 {
				explain.CarryForwardAll(records[len(records)-1], rec, earlier(records[:len(records)-1]))
			}
			records = append(records, rec)
			if own, ok := eng.(*counting); ok {
				own.check(t, b.Label, rec)
			}
		}
		return rec, err
	}
	_, err := scenario.Run(context.Background(), o)
	if want := c.settings["fails"]; want == "" && err != nil {
		t.Fatal(err)
	} else if want != "" {
		c.checkFailures(t, err, want)
	}
	return records
}

// checkFailures holds the builds that failed against the list of those that
// shall, by number from 1.
func (c *oracleCase) checkFailures(t *testing.T, err error, want string) {
	t.Helper()
	all := []error{err}
	var several interface{ Unwrap() []error }
	if errors.As(err, &several) {
		all = several.Unwrap()
	}
	var got []string
	for _, e := range all {
		var failed *scenario.BuildError
		if !errors.As(e, &failed) {
			t.Fatal(e)
		}
		got = append(got, fmt.Sprint(failed.Index+1))
	}
	if strings.Join(got, " ") != want {
		t.Fatalf("builds %v failed, want %s: %v", got, want, err)
	}
}

func standIn(t *testing.T) *standin.Playground {
	t.Helper()
	dir, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	return standin.NewPlayground(filepath.Join(dir, "layerwise", "test-playground"))
}

// compareWant compares with the archive, or rewrites it.
func (c *oracleCase) compareWant(t *testing.T, got string) {
	t.Helper()
	want := -1
	for i, f := range c.archive.Files {
		if f.Name == "want" {
			want = i
		}
	}
	if want < 0 {
		c.archive.Files = append(c.archive.Files, txtar.File{Name: "want"})
		want = len(c.archive.Files) - 1
	}
	if *update {
		c.archive.Files[want].Data = []byte(got)
		if err := os.WriteFile(c.name, txtar.Format(c.archive), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if d := cmp.Diff(string(c.archive.Files[want].Data), got); d != "" {
		t.Errorf("outcomes and causes (-want +got):\n%s", d)
	}
}

// compareOutcomes compares what was counted with what another engine's status
// events say.
func (c *oracleCase) compareOutcomes(t *testing.T, counted, inferred []*record.Record) {
	t.Helper()
	if len(counted) != len(inferred) {
		t.Fatalf("%d builds on one engine, %d on the other", len(counted), len(inferred))
	}
	for i := range counted {
		for j, s := range counted[i].Steps {
			if o := inferred[i].Steps[j]; s.Outcome != o.Outcome {
				t.Errorf("build %d (%s): %s: %s by counting, %s by status events", i, counted[i].Label, s.ID, s.Outcome, o.Outcome)
			}
		}
	}
}

// earlier yields records newest first.
func earlier(records []*record.Record) iter.Seq[*record.Record] {
	return func(yield func(*record.Record) bool) {
		for _, r := range slices.Backward(records) {
			if !yield(r) {
				return
			}
		}
	}
}

// describe writes the outcome and the causes of every step that has any.
func describe(records []*record.Record) string {
	var b strings.Builder
	var last *record.Record
	for i, rec := range records {
		c := explain.CompareAll(last, rec, earlier(records[:max(0, i-1)]))
		fmt.Fprintf(&b, "%s: %s\n", rec.Label, rec.Result)
		for _, s := range rec.Steps {
			if s.Outcome == record.None || s.Outcome == record.Unused {
				continue
			}
			fmt.Fprintf(&b, "  %s %s %s\n", s.ID, s.Instruction, s.Outcome)
			if last == nil {
				continue // every one is a first build
			}
			for _, cause := range c.Causes[s.ID] {
				fmt.Fprintf(&b, "      %s", cause.Kind)
				if !cause.Root {
					fmt.Fprintf(&b, " of %s", cause.Because)
				}
				fmt.Fprintf(&b, ": %s\n", cause.Message)
			}
		}
		last = rec
	}
	return b.String()
}
