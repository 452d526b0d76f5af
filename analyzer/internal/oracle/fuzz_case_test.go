package oracle_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/layerwise/layerwise/analyzer/engine"
	"github.com/layerwise/layerwise/analyzer/explain"
	"github.com/layerwise/layerwise/analyzer/internal/oracle/internal/mutate"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/layerwise/layerwise/analyzer/solve"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/session/secrets/secretsprovider"
)

// fuzzer runs cases on two engines at once.
type fuzzer struct {
	breaks   bool // most builds are to fail
	engines  []*fuzzEngine
	images   *fuzzImages
	dir      string
	failures int
}

// fuzzEngine is an engine with what it did in the case that runs.
type fuzzEngine struct {
	engine.Engine
	name    string
	tally   tally
	history []*record.Record // newest first
	others  []*record.Record // of builds of parts of the file
	keys    map[string][]explain.KeyPart
}

func newFuzzer(t *testing.T) *fuzzer {
	f := &fuzzer{images: newFuzzImages(t), dir: t.TempDir()}
	f.engines = []*fuzzEngine{{Engine: &counting{Engine: startEmbedded(t)}, name: "embedded"}, {Engine: startBuildkitd(t), name: "buildkitd"}}
	return f
}

// pruneEvery is the number of cases after which the engines start anew, so that
// their caches stay small. Cases do not share what they cache.
const pruneEvery = 20

// maxEdits is how many edits a case has; it ends before where little is left to
// see.
const maxEdits = 14

// runCase builds one random world and what edits make of it. It returns false if
// something was wrong.
func (f *fuzzer) runCase(t *testing.T, number uint64) bool {
	ok := t.Run(fmt.Sprintf("case%d", number), func(t *testing.T) {
		if number%pruneEvery == pruneEvery-1 {
			f.prune(t)
		}
		c := &fuzzRun{fuzzer: f, world: mutate.New(*fuzzSeed, number), agree: true}
		dir := filepath.Join(f.dir, fmt.Sprint(number))
		c.disk = mutate.Disk{Context: filepath.Join(dir, "context"), Extra: filepath.Join(dir, "extra")}
		defer os.RemoveAll(dir)
		for _, e := range f.engines {
			e.history, e.others, e.keys = nil, nil, nil
			e.tally.cases++
		}
		for n := 0; n <= maxEdits && !c.over && !t.Failed(); n++ {
			c.step(t, n)
		}
		if t.Failed() {
			t.Logf("to run this case alone: -seed %d -case %d", *fuzzSeed, number)
		}
	})
	if !ok {
		f.failures++
	}
	return ok
}

func (f *fuzzer) prune(t *testing.T) {
	t.Helper()
	for _, e := range f.engines {
		if err := e.Client().Prune(context.Background(), nil, client.PruneAll); err != nil {
			t.Fatal(err)
		}
	}
}

// fuzzRun is a case that is under way.
type fuzzRun struct {
	*fuzzer
	world   *mutate.World
	disk    mutate.Disk
	earlier []*mutate.World // as they were built, in order
	edits   []mutate.Edit   // since the last build
	single  bool            // there was one, whose consequences are known
	agree   bool            // the engines have done the same so far
	over    bool            // an engine can build no more
}

// built is what one engine made of one world.
type built struct {
	predicted, rec *record.Record
	keys           map[string][]explain.KeyPart // without an engine
	err            error
}

// step edits the world, builds it on all engines, and checks what they say.
func (c *fuzzRun) step(t *testing.T, n int) {
	c.edits, c.single = nil, false
	c.world.Settle()
	if n > 0 {
		c.edit()
	}
	if c.world.Prune {
		c.prune(t)
	}
	c.images.use(c.world)
	if err := c.disk.Write(c.world); err != nil {
		t.Fatal(err)
	}
	results := make([]built, len(c.engines))
	var group sync.WaitGroup
	for i, e := range c.engines {
		group.Go(func() { results[i] = c.build(e) })
	}
	group.Wait()
	defer func() {
		if t.Failed() || *fuzzCase >= 0 {
			c.describe(t, n, results)
		}
	}()
	c.earlier = append(c.earlier, c.world.Clone())
	if slices.ContainsFunc(results, brokenImage) {
		c.prune(t)
		c.over = true
		return
	}
	for i, e := range c.engines {
		r := results[i]
		if r.rec == nil {
			t.Fatalf("%s: no record: %v", e.name, r.err)
		}
		e.tally.builds++
		if r.err != nil {
			e.tally.failed++
		}
		c.checkOutcomes(t, e, r)
		if r.rec.Result == record.Failed {
			c.checkUnfinished(t, e, r)
		}
		c.checkPrediction(t, e, r)
		c.checkCauses(t, e, r)
		e.history = append([]*record.Record{r.rec}, e.history...)
		e.keys = r.keys
	}
	c.checkAgreement(t, results)
}

// brokenImage says that a build failed on a base image whose transfer an earlier
// build that failed has cut short. BuildKit comes back to it only after it has
// collected; the embedded engine mends it.
func brokenImage(r built) bool {
	return r.err != nil && strings.Contains(r.err.Error(), "unsupported offset") && r.rec != nil && r.rec.Engine.Kind == engine.KindRemote
}

// before is the world of the build before, nil for none.
func (c *fuzzRun) before() *mutate.World {
	if len(c.earlier) < 2 {
		return nil
	}
	return c.earlier[len(c.earlier)-2]
}

// edit changes the world: mostly once, sometimes more than once, sometimes back
// to what it was.
func (c *fuzzRun) edit() {
	if c.breaks && c.breakOrMend() {
		return
	}
	if len(c.earlier) > 1 && c.world.Chance(8) {
		back := c.world.Choose(len(c.earlier) - 1)
		c.world.Restore(c.earlier[back])
		c.world.Settle()
		c.edits = []mutate.Edit{{Name: fmt.Sprintf("back to build %d", back)}}
		return
	}
	for again := true; again; again = c.world.Chance(15) {
		c.edits = append(c.edits, c.world.Mutate())
	}
	c.single = len(c.edits) == 1
}

// breakOrMend breaks the world, mends it, or leaves it as it is. It returns false
// where another edit is due.
func (c *fuzzRun) breakOrMend() bool {
	broken, n := c.world.Broken(), c.world.Choose(100)
	switch {
	case broken && n < 30:
		c.edits = []mutate.Edit{{Name: "nothing"}}
	case broken && n < 60:
		c.edits = []mutate.Edit{c.world.Mend()}
	case broken && n < 70, !broken && n < 60:
		c.edits = []mutate.Edit{c.world.Break()}
	case !broken && n < 75:
		c.edits = []mutate.Edit{c.world.Mutate(), c.world.Break()}
	default:
		return false
	}
	c.single = len(c.edits) == 1
	return true
}

// buildTimeout is far above what a build takes.
const buildTimeout = 2 * time.Minute

// build predicts and then builds the world on one engine.
func (c *fuzzRun) build(e *fuzzEngine) built {
	ctx, cancel := context.WithTimeout(context.Background(), buildTimeout)
	defer cancel()
	o, err := c.options()
	if err != nil {
		return built{err: err}
	}
	r := built{}
	static, err := solve.Plan(ctx, o)
	if err != nil {
		return built{err: fmt.Errorf("explain: %w", err)}
	}
	r.keys = explain.KeyParts(static)
	if r.predicted, err = c.predict(ctx, e, o); err != nil {
		return built{err: fmt.Errorf("predict: %w", err)}
	}
	r.rec, r.err = solve.Run(ctx, e, o)
	if r.rec == nil {
		return r
	}
	rec, err := stored(r.rec)
	if err != nil {
		return built{err: err}
	}
	r.rec = rec
	if len(e.history) > 0 {
		explain.CarryForward(e.history[0], r.rec)
	}
	return r
}

// options are those of a build of the world as it is.
func (c *fuzzRun) options() (solve.Options, error) {
	w := c.world
	src, err := solve.Open(c.disk.Context, "", nil)
	src.Named = map[string]string{"extra": c.disk.Extra}
	o := solve.Options{Source: src, Target: w.Target, BuildArgs: w.Args, Network: w.Network, NoCache: w.NoCache, AddHosts: w.Hosts, Platforms: w.Platforms,
		StandIns: c.images, Salt: []byte("oracle")}
	o.Session = append(o.Session, secretsprovider.FromMap(map[string][]byte{"key": []byte(w.Secret)}))
	if w.NoCacheFilter != 0 {
		o.NoCacheFilter = []string{w.File.StageName(w.NoCacheFilter)}
	}
	return o, err
}
