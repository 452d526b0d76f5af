package scope

import (
	"slices"
	"strconv"
	"strings"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
)

// Reference is a name by which an instruction takes files from elsewhere.
type Reference struct {
	Name  string            // as written: BuildKit replaces no variables in it
	Stage *dockerfile.Stage // nil for an image or a build context
}

// BaseName is what a FROM names, after expansion.
func (s *Scopes) BaseName(stage *dockerfile.Stage) string {
	name, ok := s.baseNames[stage]
	if !ok {
		name = s.globals.Expand(stage.Base)
		s.baseNames[stage] = name
	}
	return name
}

// Base is the stage that a stage starts from, nil for an image.
func (s *Scopes) Base(stage *dockerfile.Stage) *dockerfile.Stage {
	base, ok := s.bases[stage]
	if !ok {
		base = Find(s.file, s.BaseName(stage), stage.Index)
		s.bases[stage] = base
	}
	return base
}

// Find returns the last stage of a name, in any case, among the first ones of a
// file; nil if there is none.
func Find(f *dockerfile.File, name string, before int) *dockerfile.Stage {
	if name == "" {
		return nil
	}
	for i := before - 1; i >= 0; i-- {
		if st := f.Stages[i]; strings.EqualFold(st.Name, name) {
			return st
		}
	}
	return nil
}

// Target is the stage that a build is asked for: by name, in any case, and the last
// one for ""; nil if there is none. BuildKit takes no number here.
func Target(f *dockerfile.File, name string) *dockerfile.Stage {
	if name == "" {
		return f.Stages[len(f.Stages)-1]
	}
	return Find(f, name, len(f.Stages))
}

// References are what the --from of a COPY or the mounts of a RUN name, in the order
// written. A COPY may give the number of a stage.
func References(f *dockerfile.File, in *dockerfile.Instruction) []Reference {
	switch c := in.Command.(type) {
	case *instructions.CopyCommand:
		if c.From == "" {
			return nil
		}
		if n, err := strconv.Atoi(c.From); err == nil {
			return []Reference{{c.From, numbered(f, n)}}
		}
		return []Reference{{c.From, Find(f, c.From, len(f.Stages))}}
	case *instructions.RunCommand:
		var refs []Reference
		for _, m := range instructions.GetMounts(c) {
			if m.From != "" && m.Type != instructions.MountTypeTmpfs {
				refs = append(refs, Reference{m.From, Find(f, m.From, len(f.Stages))})
			}
		}
		return refs
	}
	return nil
}

func numbered(f *dockerfile.File, n int) *dockerfile.Stage {
	if n < 0 || n >= len(f.Stages) {
		return nil
	}
	return f.Stages[n]
}

// Needed returns the stages that one needs, itself included. A stage that is
// replaced needs nothing.
func (s *Scopes) Needed(stage *dockerfile.Stage, replaced func(*dockerfile.Stage) bool) map[*dockerfile.Stage]bool {
	needed := map[*dockerfile.Stage]bool{}
	for queue := []*dockerfile.Stage{stage}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		if at == nil || needed[at] {
			continue
		}
		needed[at] = true
		if replaced != nil && replaced(at) {
			continue
		}
		queue = append(queue, s.Base(at))
		for _, in := range slices.Concat(s.Triggers(at), at.Instructions) {
			for _, ref := range References(s.file, in) {
				queue = append(queue, ref.Stage)
			}
		}
	}
	return needed
}

// Chain returns a stage and those that it grows from, up to one that is replaced.
func (s *Scopes) Chain(stage *dockerfile.Stage, replaced func(*dockerfile.Stage) bool) map[*dockerfile.Stage]bool {
	chain := map[*dockerfile.Stage]bool{}
	for at := stage; at != nil && !chain[at]; at = s.Base(at) {
		chain[at] = true
		if replaced != nil && replaced(at) {
			break
		}
	}
	return chain
}

// Triggers are the ONBUILD instructions that a stage's base brings with it, of an
// image or of a stage of this file, in the order in which they run.
func (s *Scopes) Triggers(stage *dockerfile.Stage) []*dockerfile.Instruction {
	base := s.Base(stage)
	if base == nil {
		return s.image(stage).Triggers
	}
	var triggers []*dockerfile.Instruction
	for _, in := range base.Instructions {
		if in.Trigger != nil && in.Trigger.Command != nil {
			triggers = append(triggers, in.Trigger)
		}
	}
	return triggers
}
