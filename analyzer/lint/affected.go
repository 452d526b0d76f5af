package lint

import (
	"maps"
	"strings"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
)

// affected are the instructions, in the order of the file, whose operations a
// change of one without an operation of its own changes.
func (g *Graph) affected(in *dockerfile.Instruction) []*dockerfile.Instruction {
	a := &affect{g: g, ends: map[*dockerfile.Stage]map[string]bool{}}
	if in.Stage == nil {
		a.globals(in)
		return a.found
	}
	if in.Keyword == "FROM" { // of another stage, or scratch
		return nil
	}
	for _, stage := range g.file.Stages[in.Stage.Index:] {
		switch {
		case stage == in.Stage:
			a.follow(in, stage.Instructions[in.Index-1:], map[string]bool{})
		case a.ends[g.Base(stage)] != nil:
			a.follow(in, stage.Instructions, maps.Clone(a.ends[g.Base(stage)]))
		}
	}
	return a.found
}

// affect follows a change down the stages that it reaches. The names are those of
// the variables that carry it, or the keyword of a setting.
type affect struct {
	g     *Graph
	ends  map[*dockerfile.Stage]map[string]bool
	found []*dockerfile.Instruction
}

// globals follows an ARG above the first FROM.
func (a *affect) globals(in *dockerfile.Instruction) {
	names := declared(in)
	for _, other := range a.g.file.Global {
		if other != in && other.Line > in.Line && mentions(other.Text, names) {
			maps.Copy(names, declared(other))
		}
	}
	for _, stage := range a.g.file.Stages {
		if mentions(stage.Base, names) || mentions(stage.Platform, names) {
			a.found = append(a.found, stage.Instructions[0])
		}
		carried := map[string]bool{}
		if base := a.g.Base(stage); base != nil {
			carried = maps.Clone(a.ends[base])
		}
		for _, in := range stage.Instructions {
			if c, ok := in.Command.(*instructions.ArgCommand); ok {
				for _, arg := range c.Args {
					if arg.Value == nil && names[arg.Key] {
						carried[arg.Key] = true
					}
				}
			}
			a.step(in, carried)
		}
		a.ends[stage] = carried
	}
}

// follow goes down a stage from the changed instruction, or from its FROM.
func (a *affect) follow(changed *dockerfile.Instruction, below []*dockerfile.Instruction, carried map[string]bool) {
	for _, in := range below {
		if in == changed {
			switch in.Keyword {
			case "ARG", "ENV":
				maps.Copy(carried, declared(in))
			case "USER", "WORKDIR", "SHELL":
				carried[in.Keyword] = true
			}
			continue
		}
		a.step(in, carried)
	}
	a.ends[below[0].Stage] = carried
}

// step says what the carried change does to one instruction.
func (a *affect) step(in *dockerfile.Instruction, carried map[string]bool) {
	if len(carried) == 0 {
		return
	}
	switch in.Keyword {
	case "RUN":
		if a.reachesRun(in, carried) {
			a.found = append(a.found, in)
		}
	case "COPY", "ADD":
		if mentions(in.Text, carried) || carried["WORKDIR"] && !a.absolute(in) {
			a.found = append(a.found, in)
		}
	case "WORKDIR":
		hit := mentions(in.Text, carried) || carried["WORKDIR"] && !a.absolute(in)
		delete(carried, "WORKDIR")
		if hit {
			a.found = append(a.found, in)
			carried["WORKDIR"] = true
		}
	case "USER", "SHELL":
		delete(carried, in.Keyword)
		if mentions(in.Text, carried) {
			carried[in.Keyword] = true
		}
	case "ARG", "ENV":
		if mentions(in.Text, carried) {
			maps.Copy(carried, declared(in))
			return
		}
		for name := range declared(in) {
			if in.Keyword == "ENV" || hasValue(in, name) {
				delete(carried, name)
			}
		}
	}
}

// reachesRun says that a RUN's key takes in what changed. Only the shell form
// takes the SHELL.
func (a *affect) reachesRun(in *dockerfile.Instruction, carried map[string]bool) bool {
	for name := range carried {
		if name != "SHELL" || !in.JSON {
			return true
		}
	}
	return false
}

// absolute says that a destination or a folder does not hang on the WORKDIR.
func (a *affect) absolute(in *dockerfile.Instruction) bool {
	dest := ""
	switch c := in.Command.(type) {
	case *instructions.CopyCommand:
		dest = c.DestPath
	case *instructions.AddCommand:
		dest = c.DestPath
	case *instructions.WorkdirCommand:
		dest = c.Path
	}
	return strings.HasPrefix(a.g.expand(in, dest), "/")
}

// declared are the names that an ARG or ENV sets.
func declared(in *dockerfile.Instruction) map[string]bool {
	names := map[string]bool{}
	switch c := in.Command.(type) {
	case *instructions.ArgCommand:
		for _, arg := range c.Args {
			names[arg.Key] = true
		}
	case *instructions.EnvCommand:
		for _, kv := range c.Env {
			names[kv.Key] = true
		}
	}
	return names
}

func hasValue(in *dockerfile.Instruction, name string) bool {
	c, ok := in.Command.(*instructions.ArgCommand)
	if !ok {
		return false
	}
	for _, arg := range c.Args {
		if arg.Key == name && arg.Value != nil {
			return true
		}
	}
	return false
}

// mentions says that a text expands one of the variables.
func mentions(text string, names map[string]bool) bool {
	for {
		_, rest, ok := strings.Cut(text, "$")
		if !ok {
			return false
		}
		rest = strings.TrimPrefix(rest, "{")
		end := strings.IndexFunc(rest, func(r rune) bool {
			return r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
		})
		if end < 0 {
			end = len(rest)
		}
		if names[rest[:end]] {
			return true
		}
		text = rest
	}
}
