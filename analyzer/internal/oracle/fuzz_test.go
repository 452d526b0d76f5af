package oracle_test

import (
	"flag"
	"fmt"
	"strings"
	"testing"
	"text/tabwriter"
)

var (
	fuzzSeed     = flag.Uint64("seed", 1, "of the fuzzer's cases")
	fuzzCase     = flag.Int("case", -1, "run this case of the fuzzer alone")
	fuzzFailures = flag.Int("failures", 20, "end the fuzzer after this many cases that failed")
	fuzzBroken   = flag.Int("broken", 300, "fuzz builds that fail until this many outcomes of theirs were checked, over both engines")
	fuzzVerdicts = flag.Int("verdicts", 2000, "fuzz until this many verdicts were checked, over both engines")
)

// maxUndecided is the part of all verdicts that may be undecided. Beside a step that
// fails nothing is sure, and without a record nothing on an engine of which only
// records tell: those are counted apart, and files that are broken not bounded.
const maxUndecided = 0.12

// TestOracleFuzz builds random Dockerfiles for real, again and again with random
// edits between, on the embedded engine and on a buildkitd process. For every
// build and every instruction it checks that
//   - what was predicted is what happened;
//   - the outcome is what BuildKit executed, counted at the operation, and the
//     one inferred from the other engine's status events is the same;
//   - what ran has a cause, what it follows ran, and after a single edit the
//     causes are exactly those that the edit is known to be.
//
// A failure names its seed and case; -seed S -case N runs that one alone.
func TestOracleFuzz(t *testing.T) {
	if testing.Short() {
		t.Skip("builds for real; not with -short")
	}
	f := newFuzzer(t)
	if *fuzzCase >= 0 {
		f.runCase(t, uint64(*fuzzCase))
	} else {
		for n := uint64(0); f.verdicts() < *fuzzVerdicts; n++ {
			if !f.runCase(t, n) && f.failures > *fuzzFailures {
				t.Fatalf("stopped after %d cases that failed", f.failures)
			}
		}
	}
	f.report(t)
}

// TestOracleFuzzFailures is TestOracleFuzz with files that are broken and mended:
// most builds fail. Of those it checks besides, on both engines, that
//   - what is said to be a hit is in the engine's cache: a build that asks for it
//     alone runs nothing;
//   - what is said to have run has left a result, and nothing else has.
func TestOracleFuzzFailures(t *testing.T) {
	if testing.Short() {
		t.Skip("builds for real; not with -short")
	}
	f := newFuzzer(t)
	f.breaks = true
	if *fuzzCase >= 0 {
		f.runCase(t, uint64(*fuzzCase))
	} else {
		for n := uint64(0); f.broken() < *fuzzBroken; n++ {
			if !f.runCase(t, n) && f.failures > *fuzzFailures {
				t.Fatalf("stopped after %d cases that failed", f.failures)
			}
		}
	}
	f.report(t)
	for _, e := range f.engines {
		c := e.tally.broken
		t.Logf("%s: %d outcomes of %d builds that failed: %d hits, of which %d were asked for; %d ran; %d not run, of which BuildKit claims %d; %d wrong",
			e.name, c.outcomes(), e.tally.failed, c.hit, c.asked, c.ran, c.notRun, c.claimed, c.wrong)
	}
}

// broken is how many outcomes of builds that failed were checked on both engines.
func (f *fuzzer) broken() int {
	n := 0
	for _, e := range f.engines {
		n += e.tally.broken.outcomes()
	}
	return n
}

// brokenTally counts the outcomes of builds that failed.
type brokenTally struct {
	hit, ran, notRun int
	asked            int // hits that a build of their own confirmed
	claimed          int // of notRun: BuildKit's status calls them cached
	wrong            int
}

func (c brokenTally) outcomes() int { return c.hit + c.ran + c.notRun }

// verdicts is what both engines were checked on.
func (f *fuzzer) verdicts() int {
	n := 0
	for _, e := range f.engines {
		n += e.tally.verdicts()
	}
	return n
}

// tally counts what was checked on one engine.
type tally struct {
	cases, builds, failed int
	hit, run, undecided   int // verdicts
	beside                int // undecided in builds that failed, or were said to
	unrecorded            int // undecided for want of any record, where only records tell
	wrong                 int
	outcomes              int // compared with executions, or with the other engine
	causes, causesRight   int
	edits                 int // single edits whose causes were checked
	broken                brokenTally

	// unnamed are causes that are unknown, or in BuildKit's words; listed those by
	// variables and settings, all of which explain had among the parts of the key
	unnamed, listed int
	// steps whose predicted causes were checked
	predicted, predictedRight int
}

func (c *tally) verdicts() int { return c.hit + c.run + c.undecided }

func (c *tally) undecidedPart() float64 { return float64(c.undecided) / float64(max(1, c.verdicts())) }

// report prints the table, and fails for what it must not show.
func (f *fuzzer) report(t *testing.T) {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "engine\tcases\tbuilds\tfailed\tverdicts\thit\trun\tundecided\t%\tbeside a failure\tunrecorded\twrong\toutcomes\tsingle edits\tcauses\tright\tpredicted causes\tright\tin key parts\tunnamed\t")
	for _, e := range f.engines {
		c := e.tally
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%.1f\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t\n", e.name, c.cases, c.builds, c.failed, c.verdicts(), c.hit, c.run,
			c.undecided, 100*c.undecidedPart(), c.beside, c.unrecorded, c.wrong, c.outcomes, c.edits, c.causes, c.causesRight, c.predicted, c.predictedRight, c.listed, c.unnamed)
		if c.wrong > 0 {
			t.Errorf("%s: %d wrong predictions", e.name, c.wrong)
		}
		if *fuzzCase < 0 && !f.breaks && c.undecidedPart() > maxUndecided {
			t.Errorf("%s: %.1f%% of the predictions are undecided, want at most %.0f%%", e.name, 100*c.undecidedPart(), 100*maxUndecided)
		}
	}
	w.Flush()
	t.Logf("seed %d\n%s", *fuzzSeed, b.String())
}
