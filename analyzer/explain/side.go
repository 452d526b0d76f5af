package explain

import (
	"github.com/layerwise/layerwise/analyzer/record"
)

// side is one record with what is needed to move about in it. Steps go by their
// index in the record.
type side struct {
	rec   *record.Record // empty where there is none
	steps []record.Step
	index map[string]int // by id; the first, should ids repeat
	// order has all steps, those that another one depends on before it: the
	// record's own order, unless the record is odd.
	order []int
	place []int // the position of each step in order
	// parents are the steps whose results enter a step. What would close a
	// circle is left out.
	parents [][]int
	stages  []*stage
	stageOf []int // by step
	scope   scope
}

func newSide(rec *record.Record) *side {
	s := &side{rec: rec, index: map[string]int{}}
	if rec == nil {
		s.rec = &record.Record{}
		return s
	}
	s.steps = rec.Steps
	for i := range s.steps {
		if _, ok := s.index[s.steps[i].ID]; !ok {
			s.index[s.steps[i].ID] = i
		}
	}
	s.findParents()
	s.sort()
	s.dropCircles()
	s.findStages()
	s.findScope()
	return s
}

func (s *side) findParents() {
	s.parents = make([][]int, len(s.steps))
	for i := range s.steps {
		seen := map[int]bool{i: true}
		add := func(id string) {
			if p, ok := s.index[id]; ok && !seen[p] {
				seen[p] = true
				s.parents[i] = append(s.parents[i], p)
			}
		}
		for _, v := range s.steps[i].Vertices {
			for _, in := range v.Inputs {
				add(in.Step)
			}
		}
		for _, id := range s.steps[i].DependsOn {
			add(id)
		}
	}
}

// sort fills order by a depth-first walk, without recursion: a record may be as
// deep as it is long.
func (s *side) sort() {
	type frame struct{ step, next int }
	s.place = make([]int, len(s.steps))
	visited := make([]bool, len(s.steps))
	var stack []frame
	for i := range s.steps {
		if visited[i] {
			continue
		}
		visited[i] = true
		stack = append(stack, frame{step: i})
		for len(stack) > 0 {
			top := &stack[len(stack)-1]
			if top.next < len(s.parents[top.step]) {
				p := s.parents[top.step][top.next]
				top.next++
				if !visited[p] {
					visited[p] = true
					stack = append(stack, frame{step: p})
				}
				continue
			}
			s.place[top.step] = len(s.order)
			s.order = append(s.order, top.step)
			stack = stack[:len(stack)-1]
		}
	}
}

func (s *side) dropCircles() {
	for i, all := range s.parents {
		kept := all[:0]
		for _, p := range all {
			if s.place[p] < s.place[i] {
				kept = append(kept, p)
			}
		}
		s.parents[i] = kept
	}
}

// producer returns the step that made an input of step i, -1 where the input
// has none or the record does not hold it.
func (s *side) producer(i int, in *record.Input) int {
	if in.Step == "" {
		return -1
	}
	p, ok := s.index[in.Step]
	if !ok || s.place[p] >= s.place[i] {
		return -1
	}
	return p
}

// ran says that the step's operation was executed, or will be.
func (s *side) ran(i int) bool {
	step := &s.steps[i]
	switch step.Outcome {
	case record.Miss, record.Run:
		return true
	case record.StepFailed, record.StepCanceled:
		for _, v := range step.Deciding() {
			if v.Ran {
				return true
			}
		}
		return step.Seconds > 0
	}
	return false
}
