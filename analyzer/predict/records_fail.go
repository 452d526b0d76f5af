package predict

import (
	"fmt"
	"slices"

	"github.com/layerwise/layerwise/analyzer/record"
)

// isBroken says that a file which an operation takes is not there, with which no key
// can be made: a folder of the client's was read, and no checksum came of it, or the
// records have looked for it in the very result that is in the cache.
func (d *verdicts) isBroken(o *operation) bool {
	for i := range o.inputs {
		if o.inputs[i].missing != "" {
			return true
		}
	}
	return slices.ContainsFunc(o.vertex.Inputs, func(in record.Input) bool {
		_, read := d.rec.Trees[in.Tree]
		return in.Tree != "" && in.Hashed && in.Content == "" && read
	})
}

// missing names a file that an operation takes and that is not there.
func (d *verdicts) missing(o *operation) string {
	v := o.vertex
	for i := range v.Inputs {
		in := &v.Inputs[i]
		if missing := o.inputs[i].missing; missing != "" {
			return absence(d.rec, o.step, v, fmt.Sprintf("%q: not found", missing))
		}
		if tree, read := d.rec.Trees[in.Tree]; in.Tree != "" && in.Hashed && in.Content == "" && read {
			for _, s := range in.Selectors {
				if !s.Wildcard && len(record.Select(tree, []record.Selector{s})) == 0 {
					return absence(d.rec, o.step, v, fmt.Sprintf("%q: not found", s.Path))
				}
			}
		}
	}
	return "a file that it takes is not in the build context"
}

// fillContent takes what is known of the files of a result that would come from
// the cache.
func (d *verdicts) fillContent(in *taken, from *operation) {
	if !in.hashed || in.content != "" || from.kind != known {
		return
	}
	for _, k := range from.found {
		if k.result != yes {
			continue
		}
		l := link{k, in.selectors}
		if in.content, in.missing = d.memory.contents[l], d.memory.missing[l]; in.content != "" || in.missing != "" {
			return
		}
	}
}

// fail follows operations that cannot succeed: what is built from them is not reached,
// and of the rest that alone is certain which BuildKit has come to by then.
func (d *verdicts) fail() {
	var failing []*operation
	for _, o := range d.operations {
		switch {
		case o.outcome == record.StepFailed:
			failing = append(failing, o)
		case slices.ContainsFunc(o.makers, func(from *operation) bool {
			return from != nil && (from.outcome == record.StepFailed || from.outcome == record.NotRun)
		}):
			o.outcome = record.NotRun
		}
	}
	if len(failing) == 0 {
		return
	}
	asked := inHand(failing, (*operation).needs, (*operation).from)
	for _, o := range d.operations {
		switch o.outcome {
		case record.StepFailed, record.NotRun:
			continue
		case record.Hit:
			if asked[o] {
				continue
			}
		}
		o.outcome, o.hangsOn, o.why = record.Undecided, nil, buildFails
	}
}

// from has the operations behind an operation's inputs.
func (o *operation) from() []*operation {
	return slices.DeleteFunc(slices.Clone(o.makers), func(from *operation) bool { return from == nil })
}

// needs has what BuildKit has in its hands before it finds that a file is missing.
func (o *operation) needs() []*operation {
	var found []*operation
	for i, from := range o.makers {
		if from == nil {
			continue
		}
		if o.inputs[i].missing != "" {
			return []*operation{from}
		}
		sent := false // by the client
		for in := range lineage(from, (*operation).from) {
			sent = sent || in.kind == local || slices.ContainsFunc(in.vertex.Inputs, func(in record.Input) bool { return in.IsLocal() })
		}
		if from.outcome == record.Hit && !sent {
			found = append(found, from)
		}
	}
	return found
}
