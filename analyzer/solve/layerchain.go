package solve

import (
	"github.com/layerwise/layerwise/analyzer/plan"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// chains says which layers of one platform's image each operation made.
//
// BuildKit's provenance has the whole chain of layers that an operation's result
// consists of, and not for every operation: one whose result was never loaded, as
// the base of what came from an imported cache, has none. How high its result
// stands in the image follows from what is known around it then. Digests are not
// compared for that: empty layers repeat, and a chain may be known in another
// compression.
type chains struct {
	image []ocispecs.Descriptor
	// from and to are where the layers of an operation's own lie in image, for the
	// operations of the image of which that is known.
	from, to map[*plan.Vertex]int
}

// newChains takes the chains by step name, and the steps' names by vertex digest,
// as the provenance has them.
func newChains(b *plan.Build, names map[digest.Digest]string, layers map[string][][]ocispecs.Descriptor) *chains {
	c := &chains{from: map[*plan.Vertex]int{}, to: map[*plan.Vertex]int{}}
	path := b.ImageVertices()
	heights := make([]int, len(path)) // of the results, in layers
	for i, v := range path {
		heights[i] = unknownHeight
		if all := layers[names[v.Digest]+":0"]; len(all) > 0 {
			heights[i] = len(all[0])
			if len(all[0]) > len(c.image) {
				c.image = all[0]
			}
		}
	}
	fillHeights(path, heights)
	for i, v := range path {
		below := 0
		if i > 0 {
			below = heights[i-1]
		}
		if below != unknownHeight && below <= heights[i] && heights[i] <= len(c.image) {
			c.from[v], c.to[v] = below, heights[i]
		}
	}
	return c
}

const unknownHeight = -1

// fillHeights derives heights from those that are known above and below.
func fillHeights(path []*plan.Vertex, heights []int) {
	for i := len(path) - 1; i > 0; i-- {
		if n := ownLayers(path[i]); heights[i-1] == unknownHeight && n > 0 && heights[i] >= n {
			heights[i-1] = heights[i] - n
		}
	}
	below := 0
	for i, v := range path {
		if n := ownLayers(v); heights[i] == unknownHeight && n > 0 && below != unknownHeight {
			heights[i] = below + n
		}
		below = heights[i]
	}
}

// ownLayers is how many layers an operation adds, 0 where its kind does not say.
// One that runs a command or writes files adds one, an empty one where nothing
// changed; a merge adds those of what it puts on top.
func ownLayers(v *plan.Vertex) int {
	switch {
	case v.Op.GetExec() != nil || v.Op.GetFile() != nil:
		return 1
	case v.Op.GetMerge() == nil:
		return 0
	}
	n := 0
	for _, in := range v.Inputs[1:] {
		if len(in.Bases()) > 0 || ownLayers(in) != 1 {
			return 0
		}
		n++
	}
	return n
}

// own returns the layers that a step put on top of what it started from, and the
// index of the first one in the image; none where that is not known.
func (c *chains) own(s *plan.Step) ([]ocispecs.Descriptor, int) {
	if len(s.Vertices) == 0 {
		return nil, 0
	}
	last := s.Vertices[len(s.Vertices)-1]
	return c.image[c.from[last]:c.to[last]], c.from[last]
}
