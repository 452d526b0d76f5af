package explain

import (
	"cmp"
	"slices"

	"github.com/layerwise/layerwise/analyzer/record"
)

// Down are the steps that build on a step, in the record's order, at most 100
// together.
type Down struct {
	// Certain run again when it does under another key: they stand on its result.
	Certain []string
	// Possible run again if files that they take come out different.
	Possible []string
}

// maxDown bounds how many steps TakesDown names for one step, since all of them
// for all steps grow with the square of the file.
const maxDown = 100

// certainty says whether something becomes another.
type certainty int

const (
	unaffected certainty = iota
	possible
	certain
)

// use is how a step takes in the result of another one.
type use struct {
	by int
	// content says that only the content of the files counts.
	content bool
	// merged says that the step's own operation does not take it in: a linked copy
	// is only put on top of it.
	merged bool
}

// TakesDown says, by step, which others a miss of it takes along.
func TakesDown(r *record.Record) map[string]Down {
	s := newSide(r)
	uses := s.uses()
	out := map[string]Down{}
	for i := range s.steps {
		if d := s.down(i, uses); len(d.Certain)+len(d.Possible) > 0 {
			out[s.steps[i].ID] = d
		}
	}
	return out
}

// uses lists who takes in the result of each step.
func (s *side) uses() [][]use {
	out := make([][]use, len(s.steps))
	for i := range s.steps {
		step := &s.steps[i]
		for k := range step.Vertices {
			v := &step.Vertices[k]
			for n := range v.Inputs {
				if up := s.producer(i, &v.Inputs[n]); up >= 0 {
					out[up] = append(out[up], use{i, v.Inputs[n].Hashed, v.Op.Kind == "merge"})
				}
			}
		}
		if len(step.Vertices) == 0 {
			for _, up := range s.parents[i] {
				out[up] = append(out[up], use{by: i})
			}
		}
	}
	return out
}

// down follows the result of step i to those that take it in.
func (s *side) down(i int, uses [][]use) Down {
	results := map[int]certainty{i: certain} // whether what a step makes is another
	runs := map[int]certainty{}              // whether a step runs again
	queue := []int{i}
	for len(queue) > 0 && len(runs) < maxDown {
		at := queue[0]
		queue = queue[1:]
		for _, u := range uses[at] {
			how := results[at]
			if u.content {
				how = possible
			}
			if !u.merged {
				runs[u.by] = max(runs[u.by], how)
			}
			if how > results[u.by] {
				results[u.by] = how
				queue = append(queue, u.by)
			}
		}
	}
	var d Down
	for _, by := range s.inOrder(runs) {
		if runs[by] == certain {
			d.Certain = append(d.Certain, s.steps[by].ID)
		} else {
			d.Possible = append(d.Possible, s.steps[by].ID)
		}
	}
	return d
}

func (s *side) inOrder(steps map[int]certainty) []int {
	var out []int
	for i := range steps {
		out = append(out, i)
	}
	slices.SortFunc(out, cmp.Compare[int])
	return out[:min(maxDown, len(out))]
}
