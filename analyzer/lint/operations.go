package lint

import (
	"slices"
	"unicode/utf8"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/plan"
)

// operation is one of BuildKit's, or what stands for an instruction where
// BuildKit refuses the file.
type operation struct {
	of []*dockerfile.Instruction
	// decides says that the instructions miss when the operation does, which is not
	// so for their sources, nor for the merge that puts a linked copy in place.
	decides   bool
	inputs    []link
	consumers []link
}

// link ties an operation to another that it consumes, or that consumes it.
type link struct {
	op *operation
	// files says that only the content of some files counts, so that the consumer
	// may hit although the other one ran.
	files bool
}

// operations are all those of a file.
type operations struct {
	all      []*operation
	by       map[*dockerfile.Instruction][]*operation
	depends  map[*dockerfile.Instruction][]*dockerfile.Instruction
	expanded map[*dockerfile.Instruction]string
	place    map[*dockerfile.Instruction]int // in the order of the file
}

func newOperations(f *dockerfile.File) *operations {
	o := &operations{
		by:       map[*dockerfile.Instruction][]*operation{},
		depends:  map[*dockerfile.Instruction][]*dockerfile.Instruction{},
		expanded: map[*dockerfile.Instruction]string{},
		place:    map[*dockerfile.Instruction]int{},
	}
	for i, in := range f.All() {
		o.place[in] = i
	}
	return o
}

func (o *operations) add(op *operation) {
	o.all = append(o.all, op)
	for _, in := range op.of {
		o.by[in] = append(o.by[in], op)
	}
	for _, l := range op.inputs {
		l.op.consumers = append(l.op.consumers, link{op, l.files})
	}
}

// planned takes over the operations of a plan. Triggers count for the FROM that
// brings them.
func planned(f *dockerfile.File, b *plan.Build) *operations {
	o := newOperations(f)
	of := func(s *plan.Step) *dockerfile.Instruction {
		if s.Trigger {
			return s.Stage.Instructions[0]
		}
		return s.Instruction
	}
	made := map[*plan.Vertex]*operation{}
	decides := map[*plan.Vertex]bool{}
	for _, s := range b.Steps {
		for _, v := range s.Primary() {
			decides[v] = true
		}
		for _, d := range s.DependsOn {
			if in := of(d); in != of(s) && !slices.Contains(o.depends[of(s)], in) {
				o.depends[of(s)] = append(o.depends[of(s)], in)
			}
		}
		if s.Expanded != "" && !s.Trigger {
			o.expanded[s.Instruction] = s.Expanded
		}
	}
	for _, v := range b.Vertices {
		op := &operation{decides: decides[v]}
		for _, s := range v.Steps {
			if in := of(s); !slices.Contains(op.of, in) {
				op.of = append(op.of, in)
			}
		}
		for i, input := range v.Inputs {
			_, files := plan.Selectors(v.Op, i)
			op.inputs = append(op.inputs, link{made[input], files})
		}
		made[v] = op
		o.add(op)
	}
	return o
}

// dropLast takes the stage out of a plan that definition has added: the result and
// what it is put on top of.
func dropLast(b *plan.Build) {
	dropped := map[*plan.Vertex]bool{}
	for top := b.Vertices[len(b.Vertices)-1:]; len(top) > 0; top = top[0].Bases() {
		dropped[top[0]] = true
	}
	isDropped := func(v *plan.Vertex) bool { return dropped[v] }
	b.Vertices = slices.DeleteFunc(b.Vertices, isDropped)
	for _, s := range b.Steps {
		if slices.ContainsFunc(s.Vertices, isDropped) { // the last FROM, which they were left to
			s.Vertices = slices.DeleteFunc(s.Vertices, isDropped)
			s.DependsOn = nil
		}
	}
}

// assumed makes one operation of every instruction that BuildKit would make one
// of, on top of the one above it.
func (g *Graph) assumed() *operations {
	o := newOperations(g.file)
	result := map[*dockerfile.Stage]*operation{}
	for _, stage := range g.file.Stages {
		var top *operation
		if base := g.Base(stage); base != nil {
			top = result[base]
		}
		for _, in := range stage.Instructions {
			if in.Effect != dockerfile.EffectLayer && (in.From == nil || g.Base(stage) != nil) {
				continue
			}
			op := &operation{of: []*dockerfile.Instruction{in}, decides: true}
			o.consume(op, in, top, false)
			for _, src := range g.from[in] {
				o.consume(op, in, result[src.Stage], true)
			}
			o.add(op)
			top = op
		}
		result[stage] = top
	}
	return o
}

func (o *operations) consume(op *operation, in *dockerfile.Instruction, input *operation, files bool) {
	if input == nil {
		return
	}
	op.inputs = append(op.inputs, link{input, files})
	if d := input.of[0]; !slices.Contains(o.depends[in], d) {
		o.depends[in] = append(o.depends[in], d)
	}
}

// down walks from operations to all that build on them, nearest first, and
// returns the instructions that miss for it, and those that do so only where
// files that they take come out different.
func (o *operations) down(start []*operation) (sure, viaFiles []*dockerfile.Instruction) {
	surely := o.walk(start, false)
	seen := map[*dockerfile.Instruction]bool{}
	for _, in := range surely {
		seen[in] = true
	}
	for _, in := range o.walk(start, true) {
		if !seen[in] {
			viaFiles = append(viaFiles, in)
		}
	}
	return surely, viaFiles
}

func (o *operations) walk(start []*operation, files bool) []*dockerfile.Instruction {
	seen := map[*operation]bool{}
	listed := map[*dockerfile.Instruction]bool{}
	for _, op := range start {
		seen[op] = true
		for _, in := range op.of {
			listed[in] = true
		}
	}
	var found []*dockerfile.Instruction
	for level := start; len(level) > 0; {
		var next []*operation
		var here []*dockerfile.Instruction
		for _, op := range level {
			for _, l := range op.consumers {
				if seen[l.op] || l.files && !files {
					continue
				}
				seen[l.op] = true
				next = append(next, l.op)
				for _, in := range l.op.of {
					if l.op.decides && !listed[in] {
						listed[in] = true
						here = append(here, in)
					}
				}
			}
		}
		slices.SortFunc(here, func(a, b *dockerfile.Instruction) int { return o.place[a] - o.place[b] })
		found = append(found, here...)
		level = next
	}
	return found
}

// operations are made when a rule first asks for them.
func (g *Graph) operations() *operations {
	if g.ops != nil {
		return g.ops
	}
	// package plan expands variables with BuildKit's scanner, see conversion.source
	if def, extra := g.conversion().definition(g.leaves()); def != nil && utf8.Valid(g.file.Source) {
		if b, err := plan.Static(g.file, def); err == nil {
			if extra {
				dropLast(b)
			}
			g.ops = planned(g.file, b)
			return g.ops
		}
	}
	g.ops = g.assumed()
	return g.ops
}

// leaves are the stages that no other one uses, the last one left out.
func (g *Graph) leaves() []*dockerfile.Stage {
	var leaves []*dockerfile.Stage
	for _, s := range g.file.Stages[:len(g.file.Stages)-1] {
		if !g.standard[s] && len(g.users[s]) == 0 {
			leaves = append(leaves, s)
		}
	}
	return leaves
}
