package explain

import (
	"slices"

	"github.com/layerwise/layerwise/analyzer/record"
)

// rule finds the causes of one kind. A new kind is a function in one of the
// cause_*.go files and an entry here.
type rule struct {
	kind Kind
	// find returns the causes of a step that ran; it leaves Kind to its caller.
	find func(*pair) []Cause
	// needsResult says that the cause is that the cache had no result. Of a step that
	// was cancelled that is not known: an image is looked up again before it is.
	needsResult bool
}

// rules look for what differs, most telling first. All that they find is listed.
var rules = []rule{
	{kind: NoCacheRequested, find: noCacheRequested},
	{kind: FirstBuild, find: firstBuild},
	{kind: ImportMissed, find: importFailed},
	{kind: NewStep, find: newStep},
	{kind: BaseImageChanged, find: baseImageChanged},
	{kind: InstructionChanged, find: instructionChanged},
	{kind: BuildArgumentChanged, find: buildArgumentChanged},
	{kind: EnvironmentChanged, find: environmentChanged},
	{kind: StateChanged, find: stateChanged},
	{kind: FilesChanged, find: filesChanged},
	{kind: RemoteSourceChanged, find: remoteSourceChanged},
	{kind: StageOutputChanged, find: stageOutputChanged},
	{kind: PreviousIncomplete, find: previousIncomplete},
	{kind: ParentRebuilt, find: parentRebuilt},
}

// lastResorts apply to a step in which the rules found nothing. The first that
// has a cause is the only one.
var lastResorts = []rule{
	{kind: PreviousIncomplete, find: previousUnfinished},
	{kind: ParentRebuilt, find: madeAgain},
	{kind: InputsChanged, find: inputsChanged},
	{kind: Unknown, find: missingEvidence},
	{kind: ImportMissed, find: importMissed, needsResult: true},
	{kind: OtherEngine, find: otherEngine, needsResult: true},
	{kind: Evicted, find: evicted, needsResult: true},
}

// Kinds returns every kind of cause, in the order in which a step's causes stand.
func Kinds() []Kind {
	var kinds []Kind
	for _, r := range slices.Concat(rules, lastResorts) {
		if !slices.Contains(kinds, r.kind) {
			kinds = append(kinds, r.kind)
		}
	}
	return kinds
}

// causes says why step i ran.
func (c *comparing) causes(i int) []Cause {
	p := newPair(c, i)
	var out []Cause
	for _, r := range rules {
		out = append(out, r.apply(p)...)
	}
	for _, r := range lastResorts {
		if len(out) > 0 || r.needsResult && p.step.Outcome == record.StepCanceled {
			break
		}
		out = r.apply(p)
	}
	slices.SortStableFunc(out, func(a, b Cause) int {
		switch {
		case a.Root == b.Root:
			return 0
		case a.Root:
			return -1
		}
		return 1
	})
	return out
}

func (r rule) apply(p *pair) []Cause {
	found := r.find(p)
	for k := range found {
		found[k].Kind = r.kind
		found[k].Root = found[k].Because == ""
	}
	return found
}
