package plan

import (
	"slices"

	"github.com/moby/buildkit/solver/pb"
)

// Bases returns the inputs that an operation puts its own files on top of, the
// lowest first: none for one that starts from nothing.
func (v *Vertex) Bases() []*Vertex {
	switch {
	case v.Op.GetMerge() != nil:
		return v.Inputs
	case v.Op.GetFile() != nil:
		for _, a := range v.Op.GetFile().Actions {
			if a.Input >= 0 && int(a.Input) < len(v.Inputs) {
				return v.Inputs[a.Input : a.Input+1]
			}
		}
	case v.Op.GetExec() != nil:
		for _, m := range v.Op.GetExec().Mounts {
			if m.Dest == pb.RootMount && m.Input >= 0 && int(m.Input) < len(v.Inputs) {
				return v.Inputs[m.Input : m.Input+1]
			}
		}
	}
	return nil
}

// InImage returns the steps whose files the resulting image is made of, layer by
// layer, rather than those that others were only copied from.
func (b *Build) InImage() map[*Step]bool {
	steps := map[*Step]bool{}
	if len(b.Vertices) == 0 {
		return steps
	}
	seen := map[*Vertex]bool{}
	queue := []*Vertex{b.Vertices[len(b.Vertices)-1]} // the result comes last
	for len(queue) > 0 {
		v := queue[0]
		queue = queue[1:]
		if seen[v] {
			continue
		}
		seen[v] = true
		for _, s := range v.Steps {
			// Stages that the image does not grow through may share an operation.
			if b.imageStages[s.Stage] {
				steps[s] = true
			}
		}
		queue = append(queue, v.Bases()...)
	}
	return steps
}

// ImageVertices returns the operations whose results the image grows through, the
// lowest first: its base, and each that puts files on top of the one before.
func (b *Build) ImageVertices() []*Vertex {
	if len(b.Vertices) == 0 {
		return nil
	}
	path := []*Vertex{b.Vertices[len(b.Vertices)-1]} // the result comes last
	for bases := path[0].Bases(); len(bases) > 0; bases = bases[0].Bases() {
		path = append(path, bases[0])
	}
	slices.Reverse(path)
	return path
}
