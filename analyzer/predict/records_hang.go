package predict

import (
	"slices"

	"github.com/layerwise/layerwise/analyzer/record"
)

// hang says what an undecided operation hangs on: on steps or sources, or, where it
// is none of them, why it is undecided.
func (d *verdicts) hang(o *operation) {
	d.hangOnTwins(o)
	o.hangOnInputs()
	o.hangsOn = d.order.before(o.step, o.hangsOn)
	switch {
	case len(o.hangsOn) > 0 || o.why != "":
	case o.kind == known || o.kind == unknown:
		d.hangOnResult(o)
	case isSource(o.vertex):
		o.hangOn(o.vertex.Op.Fields["identifier"])
	default:
		o.hangOnContents()
		o.hangsOn = d.order.before(o.step, o.hangsOn)
	}
	if len(o.hangsOn) == 0 && o.why == "" {
		o.why = "the records do not tell enough of what it is made from"
	}
}

func (o *operation) hangOn(names ...string) {
	for _, n := range names {
		if n != o.step.ID && !slices.Contains(o.hangsOn, n) {
			o.hangsOn = append(o.hangsOn, n)
		}
	}
}

func (d *verdicts) hangOnTwins(o *operation) {
	if len(o.twins) > 0 {
		o.why = twinRuns
	}
	for _, twin := range o.twins {
		if isSource(o.vertex) {
			o.why = "another step names the same image, and one of them fetches it"
			return
		}
		o.hangOn(twin.step.ID)
	}
}

// hangOnInputs names inputs that are made anew, or are undecided themselves.
func (o *operation) hangOnInputs() {
	for i, from := range o.makers {
		in := &o.vertex.Inputs[i]
		switch {
		case from == nil:
			if in.IsLocal() && in.Content == "" {
				o.hangOn(in.Source)
			}
		case from.kind == local:
		case from.kind == unsure && isSource(from.vertex):
			o.hangOn(from.vertex.Op.Fields["identifier"])
		case from.outcome == record.Run && in.Hashed:
			o.hangOn(from.step.ID)
		case from.outcome == record.Undecided && len(from.hangsOn) == 0:
			o.hangOn(from.step.ID)
		case from.outcome == record.Undecided:
			o.hangOn(from.hangsOn...)
		}
	}
}

// hangOnResult is for a key that is known, to a result of which that cannot be said.
func (d *verdicts) hangOnResult(o *operation) {
	switch {
	case d.result(o) == no:
		o.why = onlyIfNeeded
	case isSource(o.vertex) && len(o.found) == 0:
		o.why = "another build may have fetched it"
	case d.memory.lost:
		o.why = "the engine's cache was pruned since it ran"
	default:
		o.why = "no build shows that the engine still has its result"
	}
}

// hangOnContents names inputs that come from the cache with a content that is not
// recorded.
func (o *operation) hangOnContents() {
	for i, from := range o.makers {
		in := &o.vertex.Inputs[i]
		switch {
		case !in.Hashed || from != nil && from.kind == local || in.Source == record.SourceInline:
		case from == nil || from.step == o.step:
			o.hangOn(in.Source)
		default:
			o.hangOn(from.step.ID)
		}
	}
}
