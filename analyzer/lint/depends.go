package lint

import (
	"strings"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
)

// DependsOn are the instructions whose results one takes directly, in the order
// of its inputs. An instruction without an operation takes none.
func (g *Graph) DependsOn(in *dockerfile.Instruction) []*dockerfile.Instruction {
	return g.operations().depends[in]
}

// HasOperation says that BuildKit does something of its own for an instruction:
// it does not for metadata, for a FROM of another stage or of scratch, and for a
// WORKDIR that no RUN looks at.
func (g *Graph) HasOperation(in *dockerfile.Instruction) bool {
	for _, op := range g.operations().by[in] {
		if op.decides {
			return true
		}
	}
	return false
}

// TakesDown are the instructions that miss the cache when one misses, nearest
// first, in all stages. Of an instruction without an operation they are those
// that its change would make miss: an ARG or ENV enters every RUN below it,
// mentioned or not. What merely copies files out of a stage is left out, since it
// misses only where those files change: see ViaFiles.
func (g *Graph) TakesDown(in *dockerfile.Instruction) []*dockerfile.Instruction {
	sure, _ := g.down(in)
	return sure
}

// ViaFiles are the instructions, nearest first, that one takes down only where
// files that are taken from its stage come out different.
func (g *Graph) ViaFiles(in *dockerfile.Instruction) []*dockerfile.Instruction {
	_, via := g.down(in)
	return via
}

func (g *Graph) down(in *dockerfile.Instruction) (sure, via []*dockerfile.Instruction) {
	ops := g.operations()
	if start := deciding(ops.by[in]); len(start) > 0 {
		return ops.down(start)
	}
	var start []*operation
	var first []*dockerfile.Instruction
	for _, hit := range g.affected(in) {
		if own := deciding(ops.by[hit]); len(own) > 0 {
			start, first = append(start, own...), append(first, hit)
		}
	}
	sure, via = ops.down(start)
	return append(first, sure...), via
}

func deciding(ops []*operation) []*operation {
	var own []*operation
	for _, op := range ops {
		if op.decides {
			own = append(own, op)
		}
	}
	return own
}

// Expanded is an instruction as BuildKit prints it, with variables replaced and
// on one line; as written where it has no operation.
func (g *Graph) Expanded(in *dockerfile.Instruction) string {
	if text := g.operations().expanded[in]; text != "" {
		return strings.Join(strings.Fields(text), " ")
	}
	return in.Summary()
}
