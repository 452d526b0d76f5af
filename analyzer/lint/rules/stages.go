package rules

import (
	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint"
)

// isShipped reports whether a stage's layers are part of the image of a target.
func isShipped(p *lint.Pass, s *dockerfile.Stage) bool {
	return p.Graph().InImage(s.Instructions[0])
}

// children are the stages that start from one, in the order of the file.
func children(p *lint.Pass, s *dockerfile.Stage) []*dockerfile.Stage {
	var out []*dockerfile.Stage
	for _, u := range p.Graph().Users(s) {
		if u.Keyword == "FROM" {
			out = append(out, u.Stage)
		}
	}
	return out
}

// lineage are the instructions that make up a stage's image, those of the stages
// that it starts from first.
func lineage(p *lint.Pass, s *dockerfile.Stage) []*dockerfile.Instruction {
	var stages []*dockerfile.Stage
	for ; s != nil; s = p.Graph().Base(s) {
		stages = append(stages, s)
	}
	var out []*dockerfile.Instruction
	for i := len(stages) - 1; i >= 0; i-- {
		out = append(out, stages[i].Instructions...)
	}
	return out
}

// below are the instructions of a stage that stand below one.
func below(in *dockerfile.Instruction) []*dockerfile.Instruction {
	all := in.Stage.Instructions
	for i, o := range all {
		if o == in {
			return all[i+1:]
		}
	}
	return nil
}

// operationsOf is how many instructions of a stage have an operation that can run
// again.
func operationsOf(s *dockerfile.Stage) int {
	n := 0
	for _, in := range s.Instructions {
		switch in.Keyword {
		case "RUN", "COPY", "ADD":
			n++
		}
	}
	return n
}
