package rules

import (
	"fmt"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/internal/shell"
)

// heavy is an instruction whose layer has files of some weight at a place.
type heavy struct {
	in   *dockerfile.Instruction
	size int64 // in bytes, of the files whose size is known
}

// smallest is the size in bytes from which on files that are stored twice matter.
const smallest = 64 << 10

// addedAt are the instructions above one, in order, that are known to have added a
// folder or something big to a place that a word names.
func addedAt(p *lint.Pass, in *dockerfile.Instruction, c *shell.Command, w shell.Word) []heavy {
	pattern, ok := place(p, in, c, w)
	if !ok || isMounted(p, in, pattern) {
		return nil
	}
	var out []heavy
	for _, earlier := range lineage(p, in.Stage) {
		if earlier == in {
			break
		}
		layer, matters := heavy{in: earlier}, false
		for _, a := range addedBy(p, earlier) {
			if !takes(pattern, a) {
				continue
			}
			if a.file != nil {
				layer.size += p.Context.Size(*a.file)
			}
			matters = matters || a.tree && a.file == nil || isBundle(a.path)
		}
		if matters || layer.size >= smallest {
			out = append(out, layer)
		}
	}
	return out
}

// listLayers names some layers, each with the weight of its own files.
func listLayers(layers []heavy) string {
	const most = 3
	var names []string
	for i, l := range layers {
		if i == most-1 && len(layers) > most {
			names = append(names, fmt.Sprintf("%d more", len(layers)-i))
			break
		}
		names = append(names, namely(l.in)+weight(l.size))
	}
	return list(names)
}
