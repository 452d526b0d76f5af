package plan

import (
	"strings"

	"github.com/containerd/platforms"
	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/dockerfile/scope"
)

// Reference is a name in a Dockerfile that stands for a stage, a build context or
// an image.
type Reference struct {
	Name string // after expansion; not empty
	Line int
	By   string // "FROM", "--from", "mount"
	// Stage is the one that it names, nil where it names none.
	Stage *dockerfile.Stage
	// Candidates are the stages that it could name, by name.
	Candidates []string
}

// References are the names that a file's stages take their bases and files from, in
// order. opts are those of the frontend, by which arguments are replaced.
func References(file *dockerfile.File, opts map[string]string) []Reference {
	native := platforms.Normalize(platforms.DefaultSpec())
	m := &mapper{build: &Build{Platform: platforms.FormatAll(native)}, file: file, target: opts["target"], opts: opts, native: native}
	m.readGlobals()
	var all []Reference
	for _, s := range file.Stages {
		if base := m.scopes.BaseName(s); base != "" {
			all = append(all, Reference{Name: base, Line: s.Instructions[0].Line, By: "FROM", Stage: m.scopes.Base(s), Candidates: stageNames(file.Stages[:s.Index])})
		}
		for _, in := range s.Instructions {
			by := "--from"
			if in.Keyword == "RUN" {
				by = "mount"
			}
			for _, ref := range scope.References(file, in) {
				all = append(all, Reference{Name: ref.Name, Line: in.Line, By: by, Stage: ref.Stage, Candidates: stageNames(file.Stages)})
			}
		}
	}
	return all
}

// StageNames are the names that stages have, as written.
func StageNames(file *dockerfile.File) []string { return stageNames(file.Stages) }

func stageNames(stages []*dockerfile.Stage) []string {
	var names []string
	for _, s := range stages {
		if s.Name != "" {
			names = append(names, s.Name)
		}
	}
	return names
}

// ContextKey is the form in which the frontend compares a name with those of the
// named build contexts.
func ContextKey(name string) string {
	return strings.ToLower(strings.TrimSuffix(familiar(name), ":latest"))
}
