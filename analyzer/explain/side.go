package explain

import (
	"slices"
	"strings"

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
		for _, v := range deciding(step) {
			if v.Ran {
				return true
			}
		}
		return step.Seconds > 0
	}
	return false
}

// The names of sources that are neither images, nor URLs, nor local folders, as
// records have them.
const (
	sourceInline  = "inline"
	sourceSelf    = "self"
	sourceScratch = "scratch"
)

// mainContext is the name of the build context that has no other.
const mainContext = "context"

// isLocal says that the input comes from a folder of the client: the build
// context or a named one.
func isLocal(in *record.Input) bool {
	switch in.Source {
	case "", sourceInline, sourceSelf, sourceScratch:
		return false
	}
	return !strings.Contains(in.Source, "://")
}

// isBase says that a step is a FROM.
func isBase(step *record.Step) bool {
	return step.Effect == record.EffectBase || step.Instruction == "FROM"
}

// keyed returns the vertices that make up a step's identity: for a FROM its
// source, else its operations. The sources that an operation reads from, what
// unpacks one, and inline documents count as its inputs instead.
func keyed(step *record.Step) []*record.Vertex {
	var sources, operations []*record.Vertex
	for i := range step.Vertices {
		switch v := &step.Vertices[i]; {
		case v.Op.Kind == "source":
			sources = append(sources, v)
		case !isInline(v) && !isUnpacking(step, i):
			operations = append(operations, v)
		}
	}
	if isBase(step) && len(sources) > 0 {
		return sources
	}
	return operations
}

// deciding returns the vertices that a step's outcome is taken from: keyed
// without the merge that puts a linked copy in place.
func deciding(step *record.Step) []*record.Vertex {
	var out []*record.Vertex
	for _, v := range keyed(step) {
		if v.Op.Kind != "merge" {
			out = append(out, v)
		}
	}
	return out
}

// isInline tells the operation that makes inline documents: it writes files and
// does nothing else, which no instruction does.
func isInline(v *record.Vertex) bool {
	actions := v.Op.Fields["actions"]
	if v.Op.Kind != "file" || actions == "" {
		return false
	}
	for line := range strings.SplitSeq(actions, "\n") {
		if !strings.HasPrefix(line, "mkfile ") {
			return false
		}
	}
	return true
}

// isUnpacking tells the operation that unpacks an archive which is the build
// context: another operation of the step takes files out of what it made.
func isUnpacking(step *record.Step, k int) bool {
	if step.Vertices[k].Op.Kind != "file" {
		return false
	}
	for _, in := range step.Vertices[k].Inputs {
		if !isRemote(in.Source) {
			return false
		}
	}
	for i := range step.Vertices[k+1:] {
		if slices.ContainsFunc(step.Vertices[k+1+i].Inputs, fromArchive) {
			return true
		}
	}
	return false
}

// fromArchive says that an input is what another operation of the step unpacked.
func fromArchive(in record.Input) bool { return in.Source == sourceSelf && in.Hashed }

// download returns the step's vertex for the remote file or repository that an
// input comes from, with its name alone where the record does not have it; nil
// where the input comes from elsewhere.
func download(step *record.Step, in *record.Input) *record.Vertex {
	if !fromArchive(*in) {
		if !isRemote(in.Source) {
			return nil
		}
		if v := sourceVertex(step, in.Source); v != nil {
			return v
		}
		return &record.Vertex{Op: record.Op{Kind: "source", Fields: map[string]string{"identifier": in.Source}}}
	}
	for i := range step.Vertices {
		if v := &step.Vertices[i]; v.Op.Kind == "source" && isRemote(v.Op.Fields["identifier"]) {
			return v
		}
	}
	return nil
}

// sourceVertex returns the step's vertex for a source that it reads from, nil
// where the record has none.
func sourceVertex(step *record.Step, source string) *record.Vertex {
	for i := range step.Vertices {
		v := &step.Vertices[i]
		if v.Op.Kind == "source" && v.Op.Fields["identifier"] == source {
			return v
		}
	}
	return nil
}
