package lint

import (
	"slices"
	"strconv"
	"strings"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
)

// Graph says what the instructions of a file depend on, by the operations that
// BuildKit itself makes of them, those of stages that no target needs included.
// Where BuildKit refuses the file, it says what the file alone tells.
type Graph struct {
	file   *dockerfile.File
	scopes *scopes
	err    error // why the scopes end before the file does

	base  map[*dockerfile.Stage]*dockerfile.Stage
	from  map[*dockerfile.Instruction][]Source
	users map[*dockerfile.Stage][]*dockerfile.Instruction

	targets  map[*dockerfile.Stage]bool // needed for some target
	standard map[*dockerfile.Stage]bool // needed for the last stage
	inImage  map[*dockerfile.Stage]bool // the base of some target, or that itself

	conversion func() *conversion
	ops        *operations // nil until they are asked for
}

// newGraph reads the file; the operations are made when they are asked for.
func newGraph(f *dockerfile.File, conversion func() *conversion) *Graph {
	g := &Graph{
		file: f, conversion: conversion,
		base:     map[*dockerfile.Stage]*dockerfile.Stage{},
		from:     map[*dockerfile.Instruction][]Source{},
		users:    map[*dockerfile.Stage][]*dockerfile.Instruction{},
		targets:  map[*dockerfile.Stage]bool{},
		standard: map[*dockerfile.Stage]bool{},
		inImage:  map[*dockerfile.Stage]bool{},
	}
	g.scopes, g.err = newScopes(f)
	for _, stage := range f.Stages {
		g.addStage(stage)
	}
	last := f.Stages[len(f.Stages)-1]
	g.visit(last, g.standard)
	for _, stage := range f.Stages {
		if stage != last && (len(g.users[stage]) > 0 || g.find(stage.Name, len(f.Stages)) != stage) {
			continue // not a leaf, or not to be named as a target
		}
		g.visit(stage, g.targets)
		for s := stage; s != nil; s = g.base[s] {
			g.inImage[s] = true
		}
	}
	return g
}

func (g *Graph) addStage(stage *dockerfile.Stage) {
	from := stage.Instructions[0]
	g.base[stage] = g.find(g.scopes.expand(stage.Base, g.scopes.globals), stage.Index)
	if base := g.base[stage]; base != nil {
		g.users[base] = append(g.users[base], from)
	}
	if g.err == nil {
		g.err = g.scopes.stage(stage, g.base[stage])
	}
	for _, in := range stage.Instructions {
		srcs := g.sources(in)
		if len(srcs) == 0 {
			continue
		}
		g.from[in] = srcs
		for _, src := range srcs {
			if src.Stage != nil && !slices.Contains(g.users[src.Stage], in) {
				g.users[src.Stage] = append(g.users[src.Stage], in)
			}
		}
	}
}

// visit marks a stage and all that it needs.
func (g *Graph) visit(stage *dockerfile.Stage, seen map[*dockerfile.Stage]bool) {
	queue := []*dockerfile.Stage{stage}
	for len(queue) > 0 {
		s := queue[0]
		queue = queue[1:]
		if s == nil || seen[s] {
			continue
		}
		seen[s] = true
		queue = append(queue, g.base[s])
		for _, in := range s.Instructions {
			for _, src := range g.from[in] {
				queue = append(queue, src.Stage)
			}
		}
	}
}

// find returns the last stage with a name among the first ones.
func (g *Graph) find(name string, before int) *dockerfile.Stage {
	if name == "" {
		return nil
	}
	for i := before - 1; i >= 0; i-- {
		if s := g.file.Stages[i]; strings.EqualFold(s.Name, name) {
			return s
		}
	}
	return nil
}

// numbered returns the stage that COPY --from=N means.
func (g *Graph) numbered(from string) *dockerfile.Stage {
	if n, err := strconv.Atoi(from); err == nil && n >= 0 && n < len(g.file.Stages) {
		return g.file.Stages[n]
	}
	return nil
}

func (g *Graph) expand(in *dockerfile.Instruction, word string) string {
	return g.scopes.expand(word, g.scopes.above[in].vars)
}

// Base is the stage that a stage starts from, nil for an image.
func (g *Graph) Base(stage *dockerfile.Stage) *dockerfile.Stage { return g.base[stage] }

// Image is the reference of the image that a stage starts from, variables
// replaced, also when a stage stands between; "scratch" for none, "" where a
// variable without a value makes it.
func (g *Graph) Image(stage *dockerfile.Stage) string {
	for g.base[stage] != nil {
		stage = g.base[stage]
	}
	return g.scopes.expand(stage.Base, g.scopes.globals)
}

// Needed says that some target needs an instruction's stage: a stage with a name
// that no other stage uses, or the last one. A global ARG is always needed.
func (g *Graph) Needed(in *dockerfile.Instruction) bool {
	return in.Stage == nil || g.targets[in.Stage]
}

// NeededByDefault says that a build without a target reaches the stage.
func (g *Graph) NeededByDefault(stage *dockerfile.Stage) bool { return g.standard[stage] }

// InImage says that the layers of an instruction's stage are part of the image
// of some target, rather than files being copied from them.
func (g *Graph) InImage(in *dockerfile.Instruction) bool { return g.inImage[in.Stage] }

// Users are the instructions that name a stage: FROM, COPY --from and RUN
// --mount=from, in the order of the file.
func (g *Graph) Users(stage *dockerfile.Stage) []*dockerfile.Instruction { return g.users[stage] }

// Args are the build arguments in scope above an instruction, expanded; without
// those that no default gives a value.
func (g *Graph) Args(in *dockerfile.Instruction) map[string]string {
	return g.scopes.above[in].vars.all(true)
}

// Env is the environment above an instruction, expanded; of a base image's it
// knows nothing.
func (g *Graph) Env(in *dockerfile.Instruction) map[string]string {
	return g.scopes.above[in].vars.all(false)
}

// Var is the value that a variable, of ARG or ENV, has above an instruction.
func (g *Graph) Var(in *dockerfile.Instruction, name string) (string, bool) {
	return g.scopes.above[in].vars.Get(name)
}

// Sources are what a COPY, an ADD or the bind mounts of a RUN take files from.
// Those of an ADD that are remote come last.
func (g *Graph) Sources(in *dockerfile.Instruction) []Source { return g.from[in] }

// Workdir is the working folder above an instruction, "/" where none was set.
func (g *Graph) Workdir(in *dockerfile.Instruction) string {
	if dir := g.scopes.above[in].workdir; dir != "" {
		return dir
	}
	return "/"
}

// User is the user above an instruction, "" where none was set.
func (g *Graph) User(in *dockerfile.Instruction) string { return g.scopes.above[in].user }

// Shell is the SHELL in force for an instruction, nil for BuildKit's default.
func (g *Graph) Shell(in *dockerfile.Instruction) []string { return g.scopes.above[in].shell }
