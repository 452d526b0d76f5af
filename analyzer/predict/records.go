package predict

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/layerwise/layerwise/analyzer/engine"
	"github.com/layerwise/layerwise/analyzer/explain"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/layerwise/layerwise/analyzer/solve"
)

// byRecords predicts for an engine that cannot be asked what it would do, from
// the records of builds on it. Only its frontend runs, which resolves base images.
//
// A verdict stands only where the records prove it, with the rules of BuildKit's
// cache (see memory); everything else is undecided. What they cannot know is what
// others did: a step that somebody else ran on the same engine since may turn out
// a hit, unless the engine's own list of results gives that away (see usage).
func byRecords(ctx context.Context, eng engine.Engine, o Options) (*record.Record, error) {
	var err error
	if o.Build.Source, err = o.Build.Source.Edited(o.Edits); err != nil {
		return nil, err
	}
	rec, err := solve.PlanOn(ctx, eng, o.Build)
	if err != nil {
		return nil, err
	}
	var now *stock
	switch entries, err := solve.CacheEntries(ctx, eng, o.Build.Salt); {
	case err == nil:
		now = newStock(entries)
	case ctx.Err() != nil:
		return nil, err
	default:
		rec.Warnings = append(rec.Warnings, fmt.Sprintf("the engine does not say what is in its cache, so that pruning goes unnoticed: %v", err))
	}
	predictFrom(o, rec, now)
	if len(o.History) > 0 {
		explain.CarryForward(o.History[0], rec)
	}
	return rec, nil
}

// predictFrom fills the outcomes of a plan from the records of builds on the
// engine that it was made on. now is what lies in the engine's cache, nil where
// that is not known.
func predictFrom(o Options, rec *record.Record, now *stock) {
	id := rec.Engine.CacheID
	var same []*record.Record
	for _, r := range slices.Concat(o.History, o.Related) {
		if id != "" && r.Engine.CacheID == id {
			same = append(same, r)
		}
	}
	slices.SortStableFunc(same, func(a, b *record.Record) int { return a.Started.Compare(b.Started) })
	m := newMemory()
	m.salt = o.Build.Salt
	for _, r := range same {
		m.learn(r, r.Engine.Version == rec.Engine.Version)
	}
	if now != nil {
		m.compare(m, now.count)
		now.attribute(m)
	}
	d := &verdicts{walk: newWalk(m, rec), now: now, imports: len(o.Build.CacheFrom) > 0, oldRules: !hasRules(rec.Engine.Version)}
	if len(o.Edits) == 0 { // which come with another size
		d.sent = &transfers{source: o.Build.Source, last: lastOf(same, rec.Project.Context), now: rec.Trees}
	}
	d.decide()
	if len(same) == 0 {
		undecided(rec, "no build on this engine is recorded")
	}
}

// lastOf returns the newest of some records that has the files of a context, nil
// for none.
func lastOf(records []*record.Record, context string) *record.Record {
	for _, r := range slices.Backward(records) {
		if r.Project.Context == context && len(r.Trees) > 0 {
			return r
		}
	}
	return nil
}

// rulesOf is the version of BuildKit that the rules here were taken from.
const rulesOf = "v0.34.2"

// hasRules says that an engine is of that version or a later one. Of one whose
// version nobody knows it is not known.
func hasRules(version string) bool {
	have, want := numbers(version), numbers(rulesOf)
	return len(have) == len(want) && slices.Compare(have, want) >= 0
}

// numbers are those of a version like v0.34.2, without what follows them.
func numbers(version string) []int {
	version, _, _ = strings.Cut(strings.TrimPrefix(version, "v"), "-")
	version, _, _ = strings.Cut(version, "+")
	var out []int
	for part := range strings.SplitSeq(version, ".") {
		n, err := strconv.Atoi(part)
		if err != nil {
			return nil
		}
		out = append(out, n)
	}
	return out
}

// undecided takes back what is said of steps with something to run, but of those that
// fail whatever the engine has.
func undecided(rec *record.Record, why string) {
	for i := range rec.Steps {
		s := &rec.Steps[i]
		if len(s.Deciding()) > 0 && s.Outcome != record.StepFailed && s.Outcome != record.NotRun {
			s.Outcome, s.Why, s.HangsOn = record.Undecided, why, nil
		}
	}
}
