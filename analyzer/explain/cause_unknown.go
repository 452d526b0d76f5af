package explain

import (
	"cmp"
	"fmt"

	"github.com/layerwise/layerwise/analyzer/record"
)

// missingEvidence: the records do not tell enough to say that the key is the
// same as before.
func missingEvidence(p *pair) []Cause {
	message := ""
	switch d := p.operation; {
	case p.oldStep == nil:
		message = "the build before is not known well enough"
	case d.verdict == differs && len(d.fields)+len(d.env) == 0 && !d.reshaped:
		message = "the engine's key of it changed, and the records do not tell what of it" + p.otherVersion()
	case d.verdict == differs:
		message = "its definition changed (" + p.whatDiffers() + "), and the records do not tell why" + p.otherVersion()
	case d.verdict == unclear:
		message = p.unresolved(p.i)
	default:
		message = p.missingInput()
	}
	if message == "" && p.sameEngine() == unclear {
		message = "same key as before, and it is not known whether the two engines share a cache"
	}
	if message == "" {
		return nil
	}
	return []Cause{{Message: message}}
}

// otherVersion is an addition where another version of BuildKit, or of this
// program with its frontend, made the build before.
func (p *pair) otherVersion() string {
	if old, cur := p.old.rec.Engine.Version, p.cur.rec.Engine.Version; old != cur {
		return fmt.Sprintf("; the engine is BuildKit %s, was %s", value(cur, cur != ""), value(old, old != ""))
	}
	if old, cur := p.old.rec.Tool, p.cur.rec.Tool; old != cur {
		return fmt.Sprintf("; it was planned by layerwise %s, before by %s", value(cur, cur != ""), value(old, old != ""))
	}
	return ""
}

// whatDiffers names the properties by which the step's operations differ.
func (p *pair) whatDiffers() string {
	var names []string
	for _, field := range sortedNames(p.operation.fields) {
		if properties := p.actionProperties(); field == "actions" && len(properties) > 0 {
			names = append(names, sortedNames(properties)...)
			continue
		}
		names = append(names, cmp.Or(fieldNames[field], field))
	}
	if len(p.operation.env) > 0 {
		names = append(names, "environment")
	}
	if p.operation.reshaped {
		names = append(names, "number of operations")
	}
	return listNames(names)
}

// missingInput names what is not known of an input, "" if all are the same.
func (p *pair) missingInput() string {
	for k := range p.inputs {
		switch in := &p.inputs[k]; {
		case in.old == nil || in.verdict == differs:
			return "it has another input than before, and the records do not tell why"
		case in.verdict == unclear:
			return p.gap(p.i, p.j, in.cur, in.old)
		}
	}
	return ""
}

// gap follows an input that is not clear to the evidence that is missing.
func (c *comparing) gap(i, j int, a, b *record.Input) string {
	if a.Step == "" {
		return missingChecksum(a, b)
	}
	up, before := c.cur.producer(i, a), c.old.producer(j, b)
	if up < 0 || before < 0 {
		return "what made its input is not in both records"
	}
	vs, ws := c.cur.steps[up].Keyed(), c.old.steps[before].Keyed()
	for k := range min(len(vs), len(ws)) {
		if sameOperation(vs[k], ws[k]) == unclear {
			return c.unresolved(up)
		}
		for n := range min(len(vs[k].Inputs), len(ws[k].Inputs)) {
			a, b := &vs[k].Inputs[n], &ws[k].Inputs[n]
			if c.prints.input(up, before, a, b) == unclear {
				return c.gap(up, before, a, b)
			}
		}
	}
	return "too little is known of " + c.cur.at(up)
}

func (c *comparing) unresolved(i int) string {
	return fmt.Sprintf("what %s %s resolved to is not recorded in both builds", c.cur.at(i), quote(shown(&c.cur.steps[i])))
}

// missingChecksum says which of two builds does not know a content.
func missingChecksum(a, b *record.Input) string {
	what := "the content of " + clip(plain(a.Source), maxQuoted)
	switch {
	case a.Source == record.SourceInline:
		what = "the content of an inline document"
	case a.Source == record.SourceContext:
		what = "the content of the build context"
	case a.IsLocal():
		what = "the content of build context " + plain(a.Source)
	}
	where := "in either build"
	switch {
	case a.Content != "":
		where = "in the build before"
	case b.Content != "":
		where = "in this build"
	}
	return what + " is not known " + where
}
