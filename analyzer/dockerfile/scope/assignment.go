package scope

import (
	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
)

// Assignment is one variable that an ENV or ARG sets.
type Assignment struct {
	Name string
	// Text is the value as BuildKit's parser has it, nil for an ARG without a default.
	Text *string
	// Names are the variables that Text refers to, in order, each once.
	Names []string
	// Value is what the variable has from here on; nil for an ARG to which neither a
	// default nor the build gives one.
	Value *string
}

// Assignments are what an instruction sets, in order, where it sees v.
func (s *Scopes) Assignments(in *dockerfile.Instruction, v View) []Assignment {
	var all []Assignment
	switch c := in.Command.(type) {
	case *instructions.ArgCommand:
		globals := s.globals.vars
		if in.Stage == nil {
			globals = nil
		}
		for _, a := range c.Args {
			set := Assignment{Name: a.Key, Text: a.Value}
			if value, ok := s.given(a, globals); ok {
				set.Value = &value
			} else if a.Value != nil {
				value := v.Expand(*a.Value)
				set.Value = &value
			}
			if a.Value != nil {
				set.Names, _ = v.names(*a.Value)
			}
			all = append(all, set)
		}
	case *instructions.EnvCommand:
		for _, kv := range c.Env {
			text, value := kv.Value, v.Expand(kv.Value)
			names, _ := v.names(text)
			all = append(all, Assignment{Name: v.Expand(kv.Key), Text: &text, Names: names, Value: &value})
		}
	}
	return all
}
