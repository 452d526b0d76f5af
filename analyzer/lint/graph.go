package lint

import (
	"maps"
	"slices"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/dockerfile/scope"
)

// Graph says what the instructions of a file depend on, by the operations that
// BuildKit itself makes of them, those of stages that no target needs included.
// Where BuildKit refuses the file, it says what the file alone tells.
type Graph struct {
	file   *dockerfile.File
	scopes *scope.Scopes
	err    error // why the scopes end before the file does

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
		from:    map[*dockerfile.Instruction][]Source{},
		users:   map[*dockerfile.Stage][]*dockerfile.Instruction{},
		targets: map[*dockerfile.Stage]bool{},
		inImage: map[*dockerfile.Stage]bool{},
	}
	if g.scopes, g.err = scope.New(f, scope.Options{Predefined: predefined, Bound: true}); g.err == nil {
		g.err = g.scopes.Follow()
	}
	for _, stage := range f.Stages {
		g.addStage(stage)
	}
	last := scope.Target(f, "")
	g.standard = g.scopes.Needed(last, nil)
	for _, stage := range f.Stages {
		if stage != last && (len(g.users[stage]) > 0 || scope.Target(f, stage.Name) != stage) {
			continue // not a leaf, or not to be named as a target
		}
		maps.Copy(g.targets, g.scopes.Needed(stage, nil))
		maps.Copy(g.inImage, g.scopes.Chain(stage, nil))
	}
	return g
}

// predefined are the variables that a FROM knows without an ARG. Their values
// are those of a machine of the most common kind.
var predefined = map[string]string{
	"BUILDPLATFORM": "linux/amd64", "BUILDOS": "linux", "BUILDOSVERSION": "", "BUILDARCH": "amd64", "BUILDVARIANT": "",
	"TARGETPLATFORM": "linux/amd64", "TARGETOS": "linux", "TARGETOSVERSION": "", "TARGETARCH": "amd64", "TARGETVARIANT": "",
	"TARGETSTAGE": "default",
}

func (g *Graph) addStage(stage *dockerfile.Stage) {
	if base := g.Base(stage); base != nil {
		g.users[base] = append(g.users[base], stage.Instructions[0])
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

func (g *Graph) expand(in *dockerfile.Instruction, word string) string {
	return g.scopes.At(in).Expand(word)
}

// Base is the stage that a stage starts from, nil for an image.
func (g *Graph) Base(stage *dockerfile.Stage) *dockerfile.Stage { return g.scopes.Base(stage) }

// Image is the reference of the image that a stage starts from, variables
// replaced, also when a stage stands between; "scratch" for none, "" where a
// variable without a value makes it.
func (g *Graph) Image(stage *dockerfile.Stage) string {
	for g.Base(stage) != nil {
		stage = g.Base(stage)
	}
	return g.scopes.BaseName(stage)
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

// Sees is what an instruction sees: the build arguments, the environment, the
// working folder, the user and the shell. Of base images it knows nothing.
func (g *Graph) Sees(in *dockerfile.Instruction) scope.View { return g.scopes.At(in) }

// Sources are what a COPY, an ADD or the bind mounts of a RUN take files from.
// Those of an ADD that are remote come last.
func (g *Graph) Sources(in *dockerfile.Instruction) []Source { return g.from[in] }
