package explain

import (
	"strings"

	"github.com/layerwise/layerwise/analyzer/record"
)

// noCacheRequested: the build said so. A step that is made to run keeps its key,
// so that this does not spread to its consumers by itself.
func noCacheRequested(p *pair) []Cause {
	for _, v := range p.step.Vertices {
		if v.NoCache && !strings.HasPrefix(v.Op.Fields["identifier"], "local://") {
			return []Cause{{Message: "the build asked not to use the cache for it"}}
		}
	}
	return nil
}

// firstBuild: no record to compare with. Where the cache was not asked for, it
// is not known whether it had something.
func firstBuild(p *pair) []Cause {
	if !p.first || len(noCacheRequested(p)) > 0 {
		return nil
	}
	return []Cause{{Message: "first recorded build"}}
}

// newStep: the build before has nothing that this one could be.
func newStep(p *pair) []Cause {
	if p.first || p.j >= 0 {
		return nil
	}
	n := p.cur.stageOf[p.i]
	switch {
	case !p.builtFor(p.step.Platform):
		return []Cause{{Message: "not built for " + plain(p.step.Platform) + " before"}}
	case p.stagePartner[n] < 0 && p.step.Stage != "":
		return []Cause{{Message: "stage " + plain(p.step.Stage) + " is new"}}
	case p.step.Trigger:
		return []Cause{{Message: "new ONBUILD instruction of the base image"}}
	}
	return []Cause{{Message: "new instruction"}}
}

// builtFor says whether the build before was one for this platform, or for one that
// has become it.
func (c *comparing) builtFor(platform string) bool {
	_, ok := pairPlatforms(c.old, c.cur)[platform]
	return ok
}

// previousIncomplete: the build before did not come to the step, and left nothing,
// whatever else differs.
func previousIncomplete(p *pair) []Cause {
	if p.oldStep == nil || p.cameTo(p.i) {
		return nil
	}
	what := ""
	switch p.oldStep.Outcome {
	case record.StepCanceled:
		what = "was cancelled"
	case record.NotRun:
		what = "was not reached"
	case record.Unused:
		what = "its stage was not needed"
	default:
		what = "its result was not needed"
	}
	return []Cause{{Message: what + " in " + p.theBuild()}}
}

// previousUnfinished: it ran in the build before with the key that it has now, and
// came to no result. Where the key is another one that is why it ran, as it would
// have after a success.
func previousUnfinished(p *pair) []Cause {
	if p.oldStep == nil {
		return nil
	}
	switch p.oldStep.Outcome {
	case record.StepFailed:
		return []Cause{{Message: "failed in " + p.theBuild()}}
	case record.StepCanceled:
		return []Cause{{Message: "was cancelled in " + p.theBuild()}}
	}
	return nil
}

// hadResult says of a step without a result of its own in the build before that it
// needed none there.
func hadResult(step, old *record.Step) bool {
	return step.IsBase() || len(old.Vertices) > 0 || len(step.Vertices) == 0
}
