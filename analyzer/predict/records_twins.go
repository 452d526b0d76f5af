package predict

import (
	"strings"

	"github.com/layerwise/layerwise/analyzer/record"
)

// pairTwins finds operations of one build that have, or may turn out to have, the
// same key. The engine runs one of them, which it comes to first, and gives its
// result to the others.
func (d *verdicts) pairTwins() {
	byID := map[string][]*operation{}
	for _, o := range d.operations {
		if o.kind == local || isSource(o.vertex) && !o.vertex.IsImage() || d.result(o) == yes {
			continue
		}
		id, _ := d.memory.operation(o.vertex)
		ids := []string{id}
		if o.vertex.IsImage() {
			ids = imageIDs(o.vertex)
		}
		for _, id := range ids {
			for _, other := range byID[id] {
				if isSource(o.vertex) || d.twins(o, other) > no {
					o.twins, other.twins = append(o.twins, other), append(other.twins, o)
				}
			}
			byID[id] = append(byID[id], o)
		}
	}
}

// imageIDs are by which an image is like another one, so that it is chance which
// of the two is said to be fetched: its digest, under several names, and its name,
// for several platforms, whose images may share layers.
func imageIDs(v *record.Vertex) []string {
	name, digest, resolved := strings.Cut(v.Op.Fields["identifier"], "@")
	if !resolved {
		return []string{name}
	}
	return []string{name, digest}
}

// twins says whether two operations have the same key.
func (d *verdicts) twins(a, b *operation) certainty {
	if a == b {
		return yes
	}
	pair := [2]*operation{a, b}
	if c, ok := d.compared[pair]; ok {
		return c
	}
	c := d.compareTwins(a, b)
	d.compared[pair] = c
	return c
}

func (d *verdicts) compareTwins(a, b *operation) certainty {
	idA, _ := d.memory.operation(a.vertex)
	idB, _ := d.memory.operation(b.vertex)
	if idA != idB || len(a.inputs) != len(b.inputs) {
		return no
	}
	if a.kind == local {
		return no
	}
	found := yes
	for i := range a.inputs {
		if found = min(found, d.sameInput(a, b, i)); found == no {
			return no
		}
	}
	return found
}

func (d *verdicts) sameInput(a, b *operation, i int) certainty {
	in, other := &a.inputs[i], &b.inputs[i]
	if in.hashed != other.hashed {
		return no
	}
	makers := possibly
	if a.makers[i] != nil && b.makers[i] != nil {
		makers = d.twins(a.makers[i], b.makers[i])
	}
	switch {
	case in.selectors == other.selectors && makers == yes:
		return yes
	case in.hashed && in.content != "" && other.content != "":
		if in.content == other.content {
			return yes
		}
		if a.vertex.Inputs[i].IsLocal() && b.vertex.Inputs[i].IsLocal() {
			return no
		}
		return min(makers, possibly)
	case in.hashed:
		return possibly
	}
	return makers
}
