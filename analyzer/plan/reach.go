package plan

import (
	"strconv"
	"strings"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
)

// reachable returns the stages that the target needs, itself included, by the
// rules of BuildKit's frontend: a base, a --from and a mount name a stage above
// by name in any case, and --from by number as well.
type reach struct {
	file *dockerfile.File
	// base is what a stage's FROM names after expansion.
	base func(*dockerfile.Stage) string
	// replaced says that a named context stands in for the stage.
	replaced func(*dockerfile.Stage) bool
	// triggers are the ONBUILD instructions of a stage's base image.
	triggers func(*dockerfile.Stage) []*dockerfile.Instruction

	needed map[*dockerfile.Stage]bool
}

func (r *reach) from(target string) map[*dockerfile.Stage]bool {
	r.needed = map[*dockerfile.Stage]bool{}
	if s := r.target(target); s != nil {
		r.visit(s)
	}
	return r.needed
}

func (r *reach) target(name string) *dockerfile.Stage {
	stages := r.file.Stages
	if name == "" {
		return stages[len(stages)-1]
	}
	return r.find(name, len(stages)) // BuildKit takes no number here
}

// image returns the stages that the target's image grows through.
func (r *reach) image(target string) map[*dockerfile.Stage]bool {
	stages := map[*dockerfile.Stage]bool{}
	for s := r.target(target); s != nil && !stages[s]; s = r.baseStage(s) {
		stages[s] = true
		if r.replaced(s) {
			break
		}
	}
	return stages
}

func (r *reach) visit(s *dockerfile.Stage) {
	if r.needed[s] {
		return
	}
	r.needed[s] = true
	if r.replaced(s) {
		return
	}
	if base := r.baseStage(s); base != nil {
		r.visit(base)
	}
	instrs := s.Instructions
	if r.triggers != nil {
		instrs = append(r.triggers(s), instrs...)
	}
	for _, in := range instrs {
		for _, name := range sources(in) {
			if dep := r.lookup(name, s.Index); dep != nil {
				r.visit(dep)
			}
		}
	}
}

// baseStage returns the stage that s starts from, nil for an image.
func (r *reach) baseStage(s *dockerfile.Stage) *dockerfile.Stage {
	return r.find(r.base(s), s.Index)
}

func (r *reach) lookup(name string, before int) *dockerfile.Stage {
	if n, err := strconv.Atoi(name); err == nil {
		if n >= 0 && n < len(r.file.Stages) {
			return r.file.Stages[n]
		}
		return nil
	}
	return r.find(name, len(r.file.Stages))
}

// find returns the last stage with this name among the first ones.
func (r *reach) find(name string, before int) *dockerfile.Stage {
	for i := before - 1; i >= 0; i-- {
		if s := r.file.Stages[i]; s.Name != "" && strings.EqualFold(s.Name, name) {
			return s
		}
	}
	return nil
}

// sources lists the names that an instruction takes files from.
func sources(in *dockerfile.Instruction) []string {
	switch c := in.Command.(type) {
	case *instructions.CopyCommand:
		if c.From != "" {
			return []string{c.From}
		}
	case *instructions.RunCommand:
		var names []string
		for _, m := range instructions.GetMounts(c) {
			if m.From != "" {
				names = append(names, m.From)
			}
		}
		return names
	}
	return nil
}
