package explain

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/layerwise/layerwise/analyzer/record"
)

// baseImageChanged: a reference that is written as before resolves to another
// image: in a FROM, in a --from, or in a FROM above that itself came from the
// cache.
func baseImageChanged(p *pair) []Cause {
	if p.oldStep == nil {
		return nil
	}
	var out []Cause
	if p.step.IsBase() {
		if out = p.contextOfBase(); len(out) == 0 {
			out = p.imageOfBase()
		}
	}
	for k := range p.inputs {
		in := &p.inputs[k]
		if in.old == nil || in.verdict == same || in.redefined {
			continue
		}
		v, w := p.step.Source(in.cur.Source), p.oldStep.Source(in.old.Source)
		if v != nil && w != nil && v.IsImage() && w.IsImage() && samePlatform(v, w) {
			out = append(out, digestChange(imageOf(w), imageOf(v))...)
		}
	}
	for _, d := range p.differencesAbove() {
		if above, ok := p.baseAbove(d); ok {
			for _, c := range above.imageOfBase() {
				c.Message = fmt.Sprintf("base image of %s: %s", p.cur.at(d.i), c.Message)
				out = append(out, c)
			}
		}
	}
	return out
}

// imageOfBase compares the images of a FROM.
func (p *pair) imageOfBase() []Cause {
	vs, ws := p.step.Deciding(), p.oldStep.Deciding()
	if len(vs) != 1 || len(ws) != 1 || !vs[0].IsImage() || !ws[0].IsImage() || !samePlatform(vs[0], ws[0]) {
		return nil
	}
	old, cur := imageOf(ws[0]), imageOf(vs[0])
	switch {
	case old.name == cur.name && !strings.Contains(p.step.Read().Base, "@sha256:"):
		return digestChange(old, cur)
	case old.name != cur.name && !p.textDiffers && len(p.mentioned) == 0:
		// a named context answers for it, or no longer does
		return []Cause{{Message: fmt.Sprintf("resolves to %s, was %s", quote(cur.name), quote(old.name)),
			Old: join(old), New: join(cur)}}
	}
	return nil
}

// samePlatform says that two images are comparable: for another platform any tag
// has another digest.
func samePlatform(v, w *record.Vertex) bool {
	return v.Op.Fields["platform"] == w.Op.Fields["platform"]
}

func join(i image) string {
	if i.digest == "" {
		return i.name
	}
	return i.name + "@" + i.digest
}

func digestChange(old, cur image) []Cause {
	if old.name != cur.name || old.digest == "" || cur.digest == "" || old.digest == cur.digest {
		return nil
	}
	message := fmt.Sprintf("%s changed from %s to %s", familiar(cur.name), shortDigest(old.digest), shortDigest(cur.digest))
	return []Cause{{Message: message, Old: old.digest, New: cur.digest}}
}

// familiar is an image's name as people write it.
func familiar(name string) string {
	name = strings.TrimPrefix(name, "docker.io/")
	return clip(plain(strings.TrimPrefix(name, "library/")), maxQuoted)
}

// baseAbove returns the FROM and its partner, if a difference above is one that
// the engine had at hand.
func (p *pair) baseAbove(d difference) (*pair, bool) {
	if d.kind != edited || d.i < 0 || d.j < 0 || !p.cur.steps[d.i].IsBase() || p.partner[d.i] != d.j {
		return nil, false
	}
	return newPair(p.comparing, d.i), true
}

// argumentsAbove are build arguments of a FROM above that came from the cache, or
// that names another stage.
func (p *pair) argumentsAbove() []Cause {
	var out []Cause
	for k := range p.inputs {
		if from, before, ok := p.baseSwitch(&p.inputs[k]); ok && normalized(&p.cur.steps[from]) == normalized(&p.old.steps[before]) {
			for _, name := range p.cur.steps[from].Mentions {
				out = append(out, p.takenInBy(from, p.blame(from, before, name, 0))...)
			}
		}
	}
	for _, d := range p.differencesAbove() {
		above, ok := p.baseAbove(d)
		if !ok {
			continue
		}
		out = append(out, p.takenInBy(d.i, above.variables)...)
	}
	return out
}

func (p *pair) takenInBy(from int, list []variable) []Cause {
	var out []Cause
	for _, v := range list {
		if v.isArg {
			message := fmt.Sprintf("build argument %s %s; FROM on %s takes it in", plain(v.name), became(v.old, v.new, v.wasSet, v.set), p.cur.at(from))
			out = append(out, Cause{Message: message, Old: v.old, New: v.new})
		}
	}
	return out
}

// remoteSourceChanged: what a URL gave is not what it gave before.
func remoteSourceChanged(p *pair) []Cause {
	var out []Cause
	for k := range p.inputs {
		in := &p.inputs[k]
		if in.old == nil || in.verdict != differs {
			continue
		}
		v, w := p.step.Download(in.cur), p.oldStep.Download(in.old)
		if v == nil || w == nil {
			continue
		}
		moved := v.Op.Fields["identifier"] != w.Op.Fields["identifier"]
		repinned := !moved && v.Pin != "" && w.Pin != "" && v.Pin != w.Pin
		if in.switched || in.redefined && !repinned && (p.textDiffers || len(p.mentioned) > 0 || !moved) {
			continue
		}
		if attributes := p.attributesThatDiffer(in); len(attributes) > 0 && !moved && !repinned && len(p.frontendArgumentsChanged()) > 0 {
			continue
		}
		if !in.byContent() && (isRepository(v) || in.cur.FromArchive()) && len(parentRebuilt(p)) > 0 {
			continue // of many files these need not be the ones that differ
		}
		out = append(out, in.describeDownload(v, w, moved))
	}
	return out
}

func (in *inputPair) describeDownload(v, w *record.Vertex, moved bool) Cause {
	name := clip(plain(address(v)), maxQuoted)
	c := Cause{Message: name + " has another content", Old: in.old.Content, New: in.cur.Content}
	switch {
	case moved:
		c.Old, c.New = address(w), address(v)
		c.Message = fmt.Sprintf("taken from %s, was %s", quote(c.New), quote(c.Old))
	case v.Pin != "" && w.Pin != "" && v.Pin != w.Pin:
		c.Old, c.New = w.Pin, v.Pin
		c.Message = fmt.Sprintf("%s changed from %s to %s", name, shortDigest(c.Old), shortDigest(c.New))
	}
	if (isRepository(v) || in.cur.FromArchive()) && len(in.old.Files) > 0 && len(in.cur.Files) > 0 {
		changes := diffFiles(in.old.Files, in.cur.Files)
		for k := range changes {
			changes[k].Path = strings.TrimPrefix(changes[k].Path, "/")
		}
		if len(changes) > 0 {
			c.Message += ": " + describeFiles(changes)
		}
		c.listFiles(changes)
	}
	return c
}

func isRepository(v *record.Vertex) bool {
	return strings.HasPrefix(v.Op.Fields["identifier"], "git://")
}

// address is where a remote source lies, as people write it.
func address(v *record.Vertex) string {
	id := v.Op.Fields["identifier"]
	url := v.Op.Fields["git.fullurl"]
	if url == "" {
		return id
	}
	if _, fragment, ok := strings.Cut(id, "#"); ok {
		return url + "#" + fragment
	}
	return url
}

func sortedNames(m map[string]change) []string { return slices.Sorted(maps.Keys(m)) }
