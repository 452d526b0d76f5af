package oracle_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/layerwise/layerwise/analyzer/explain"
	"github.com/layerwise/layerwise/analyzer/internal/oracle/internal/mutate"
	"github.com/layerwise/layerwise/analyzer/record"
)

// checkCauses holds the causes against what the edits are known to be.
func (c *fuzzRun) checkCauses(t *testing.T, e *fuzzEngine, r built) {
	t.Helper()
	if len(e.history) == 0 {
		c.checkFirst(t, e, r)
		return
	}
	before := c.before()
	k := causeCheck{t: t, name: e.name, world: c.world, single: c.single, old: e.history[0]}
	for _, edit := range c.edits {
		k.blame.Name = edit.Name
		k.blame.Blame = append(k.blame.Blame, edit.Blame...)
	}
	k.truth = mutate.Truth(before, c.world, k.blame)
	k.steps, _ = c.world.Steps()
	if c.single {
		e.tally.edits++
	}
	k.keys = []map[string][]explain.KeyPart{e.keys, r.keys}
	causes, right := k.check(r.rec)
	e.tally.causes, e.tally.causesRight = e.tally.causes+causes, e.tally.causesRight+right
	k.name += ", predicted"
	causes, right = k.check(r.predicted)
	e.tally.unnamed, e.tally.listed = e.tally.unnamed+k.unnamed, e.tally.listed+k.listed
	e.tally.predicted, e.tally.predictedRight = e.tally.predicted+causes, e.tally.predictedRight+right
}

// checkFirst holds a first build to its one cause.
func (c *fuzzRun) checkFirst(t *testing.T, e *fuzzEngine, r built) {
	t.Helper()
	for id, causes := range explain.Compare(nil, r.rec).Causes {
		if len(causes) != 1 || causes[0].Kind != explain.FirstBuild {
			t.Errorf("%s: %s in a first build: %v", e.name, id, causes)
		}
	}
}

// causeCheck compares the causes of one build with the truth.
type causeCheck struct {
	t          *testing.T
	name       string
	world      *mutate.World
	single     bool        // there was one edit
	blame      mutate.Edit // what the edits can be blamed for
	old, cur   *record.Record
	comparison *explain.Comparison
	truth      map[string]mutate.Why
	steps      map[string]*mutate.Step
	keys       []map[string][]explain.KeyPart // what explain says of the worlds, before and now
	unnamed    int                            // causes that are unknown, or in BuildKit's words
	listed     int                            // causes that are among the parts of the key
}

// check compares one record with the one before. It returns the number of steps
// of which a single edit tells the causes, and of how many they were right.
func (k *causeCheck) check(cur *record.Record) (causes, right int) {
	k.t.Helper()
	k.cur, k.comparison = cur, explain.Compare(k.old, cur)
	for _, s := range cur.Steps {
		k.invariants(s)
		k.checkKeys(s)
		if k.single && ran(s) {
			causes++
			if k.step(s) {
				right++
			}
		}
	}
	return causes, right
}

// ran says that a step was executed, to its end or not, or will be. What it only
// reads from counts for a FROM alone.
func ran(s record.Step) bool {
	if s.Outcome != record.StepFailed && s.Outcome != record.StepCanceled {
		return s.Outcome == record.Miss || s.Outcome == record.Run
	}
	return slices.ContainsFunc(s.Vertices, func(v record.Vertex) bool {
		return v.Ran && (v.Op.Kind != "source" || s.Effect == record.EffectBase)
	})
}

// invariants are what holds after any edit.
func (k *causeCheck) invariants(s record.Step) {
	k.t.Helper()
	causes := k.comparison.Causes[s.ID]
	if s.Outcome != record.StepCanceled && ran(s) != (len(causes) > 0) {
		k.t.Errorf("%s: %s is a %s and has %d causes", k.name, s.ID, s.Outcome, len(causes))
	}
	for _, cause := range causes {
		if cause.Root != (cause.Because == "") {
			k.t.Errorf("%s: %s: root is %v, because %q", k.name, s.ID, cause.Root, cause.Because)
		}
		if cause.Kind == explain.Unknown || strings.Contains(cause.Message, `{"`) {
			k.unnamed++
		}
		if strings.Contains(cause.Message, `{"`) { // BuildKit's words, and nobody else's
			k.t.Errorf("%s: %s: %s", k.name, s.ID, cause.Message)
		}
		if cause.Kind == explain.Unknown {
			k.t.Errorf("%s: %s: unknown: %s", k.name, s.ID, cause.Message)
		}
		if cause.Kind == explain.FirstBuild || cause.Kind == explain.OtherEngine || cause.Kind == explain.ImportMissed {
			k.t.Errorf("%s: %s: %s, which it cannot be", k.name, s.ID, cause.Kind)
		}
		if cause.Kind == explain.Evicted && !k.mayBeGone() {
			k.t.Errorf("%s: %s: evicted, and nothing was", k.name, s.ID)
		}
		if by := k.cur.Step(cause.Because); cause.Because != "" && (by == nil || !ran(*by) || by.ID == s.ID) {
			k.t.Errorf("%s: %s follows %s, which did not run", k.name, s.ID, cause.Because)
		}
	}
}

// mayBeGone says that the engine's cache was emptied.
func (k *causeCheck) mayBeGone() bool { return k.world.Prune }

// step checks the causes that a step has of its own after a single edit.
func (k *causeCheck) step(s record.Step) bool {
	k.t.Helper()
	m := k.model(s)
	if m == nil {
		k.t.Errorf("%s: %s ran, and the model has no such step", k.name, s.ID)
		return false
	}
	why := k.truth[m.Key]
	got := map[explain.Kind]bool{}
	right := true
	wrong := func(format string, args ...any) {
		k.t.Helper()
		right = false
		k.t.Errorf("%s: after %s: "+format, append([]any{k.name, k.blame.Name}, args...)...)
	}
	allowed := k.allowed(s, m, why)
	for _, cause := range k.comparison.Causes[s.ID] {
		got[cause.Kind] = true
		if cause.Root && !slices.Contains(allowed, cause.Kind) {
			wrong("%s: %s, which is none of %v: %s", s.ID, cause.Kind, allowed, cause.Message)
		}
		if cause.Kind == explain.FilesChanged && !sameFiles(cause, why) {
			wrong("%s: files %v, want %v (exactly: %v)", s.ID, cause.Files, why.Files, why.Exact)
		}
	}
	for _, group := range why.Must {
		if !slices.ContainsFunc(group, func(kind explain.Kind) bool { return got[kind] }) {
			wrong("%s: none of its causes is %v: %v", s.ID, group, sortedKinds(got))
		}
	}
	return right
}

func sortedKinds(m map[explain.Kind]bool) []explain.Kind {
	var out []explain.Kind
	for kind := range m {
		out = append(out, kind)
	}
	slices.Sort(out)
	return out
}

// allowed are the kinds that a root cause of the step may be.
func (k *causeCheck) allowed(s record.Step, m *mutate.Step, why mutate.Why) []explain.Kind {
	allowed := slices.Concat(append(why.Must, why.May)...)
	if slices.ContainsFunc(s.Vertices, func(v record.Vertex) bool { return v.NoCache }) {
		allowed = append(allowed, explain.NoCacheRequested)
	}
	if partner := k.old.Step(k.comparison.Aligned[s.ID]); partner != nil {
		switch partner.Outcome {
		case record.StepFailed, record.StepCanceled, record.NotRun, record.Unused:
			allowed = append(allowed, explain.PreviousIncomplete)
		}
	}
	if k.mayBeGone() {
		allowed = append(allowed, explain.Evicted)
	}
	if why.Moved { // where the engine did not look at the files, all that counts of them
		allowed = append(allowed, explain.BaseImageChanged)
	}
	if why.Above && k.inputsHit(s) {
		allowed = append(allowed, explain.InputsChanged, explain.StageOutputChanged, explain.BaseImageChanged)
	}
	return allowed
}

// inputsHit says that one of the steps whose results enter this one was reused, or
// that it is not known yet.
func (k *causeCheck) inputsHit(s record.Step) bool {
	return len(s.DependsOn) == 0 || slices.ContainsFunc(s.DependsOn, func(id string) bool {
		by := k.cur.Step(id)
		return by == nil || !ran(*by)
	})
}

// model returns what the generator knows of a step.
func (k *causeCheck) model(s record.Step) *mutate.Step {
	number := 0
	if s.Trigger {
		for _, o := range k.cur.Steps {
			if o.Trigger && o.Platform == s.Platform && o.Line == s.Line {
				number++
			}
			if o.ID == s.ID {
				break
			}
		}
	}
	for _, m := range k.steps {
		if m.Line == s.Line && m.Trigger == number {
			return m
		}
	}
	return nil
}

// sameFiles compares the files that a cause names with those that changed.
func sameFiles(cause explain.Cause, why mutate.Why) bool {
	for _, f := range cause.Files {
		if !slices.Contains(why.Files, f) {
			return false
		}
	}
	for _, f := range why.Named {
		if !slices.Contains(cause.Files, f) {
			return false
		}
	}
	return len(cause.Files) > 0 && (!why.Exact || len(cause.Files)+cause.MoreFiles == len(why.Files))
}
