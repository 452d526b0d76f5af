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
	case !p.buildsFor(p.step.Platform):
		return []Cause{{Message: "not built for " + plain(p.step.Platform) + " before"}}
	case p.stagePartner[n] < 0 && p.step.Stage != "":
		return []Cause{{Message: "stage " + plain(p.step.Stage) + " is new"}}
	case p.step.Trigger:
		return []Cause{{Message: "new ONBUILD instruction of the base image"}}
	}
	return []Cause{{Message: "new instruction"}}
}

// buildsFor says whether any step of this platform has a partner.
func (c *comparing) buildsFor(platform string) bool {
	for n, st := range c.cur.stages {
		if st.platform == platform && c.stagePartner[n] >= 0 {
			return true
		}
	}
	return false
}

// previousIncomplete: whatever else differs, the build before left no result.
func previousIncomplete(p *pair) []Cause {
	if p.oldStep == nil {
		return nil
	}
	message := ""
	switch p.oldStep.Outcome {
	case record.StepFailed:
		message = "failed in the build before"
	case record.StepCanceled:
		message = "was cancelled in the build before"
	case record.NotRun:
		message = "was not reached in the build before"
	case record.Unused:
		message = "its stage was not needed in the build before"
	case record.None:
		if isBase(p.step) || len(p.oldStep.Vertices) > 0 || len(p.step.Vertices) == 0 {
			return nil
		}
		message = "its result was not needed in the build before"
	default:
		return nil
	}
	return []Cause{{Message: message}}
}
