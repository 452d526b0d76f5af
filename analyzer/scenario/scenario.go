package scenario

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/layerwise/layerwise/analyzer/record"
)

// The labels of builds that no edit precedes.
const (
	ColdLabel      = "cold"
	UnchangedLabel = "unchanged"
)

// Scenario is what happens after the cold build, which always comes first.
type Scenario struct {
	Steps []Step
}

// Step is some edits and the build that follows them.
type Step struct {
	// Label is shown for the build; "" stands for what Title makes of the rest.
	Label string
	Edits []Edit
	// BuildArgs are set in this build and all that follow.
	BuildArgs map[string]string
	// Prune empties the engine's cache before the build.
	Prune bool
	// At is where the step was read.
	At Position
}

// Edit is one change to the copy of the context or of the Dockerfile.
type Edit struct {
	Action
	// At is where the edit was read, for errors.
	At Position
}

// Position is a place in a scenario file; the zero value is none.
type Position struct {
	File string
	Line int // from 1
}

func (p Position) String() string {
	if p.File == "" {
		return ""
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// Error is a scenario that cannot be read, or a step of it that cannot be done.
type Error struct {
	At  Position
	Err error
}

func (e *Error) Error() string {
	if at := e.At.String(); at != "" {
		return at + ": " + e.Err.Error()
	}
	return e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

// Default is the shortest experiment: build, and build again.
func Default() *Scenario { return &Scenario{Steps: []Step{{Label: UnchangedLabel}}} }

// FromEdits is the experiment behind --edit: an unchanged rebuild, then for
// each path a step that changes the content of this file. Paths are relative to
// the context; Run checks them.
func FromEdits(paths []string) *Scenario {
	s := Default()
	for _, path := range paths {
		s.Steps = append(s.Steps, Step{Edits: []Edit{{Action: Change{Path: path}}}})
	}
	return s
}

// titleParts bounds how many edits the title of a step names.
const titleParts = 3

// Title is the step's label, or what it does: "change src/app.js, VERSION=2".
func (s Step) Title() string {
	if s.Label != "" {
		return s.Label
	}
	redactor := record.NewRedactor(nil)
	var parts []string
	for _, e := range s.Edits {
		parts = append(parts, e.String())
	}
	for _, name := range slices.Sorted(maps.Keys(s.BuildArgs)) {
		value := s.BuildArgs[name]
		if redactor.Value(name, value) != value {
			value = "…"
		}
		parts = append(parts, name+"="+value)
	}
	if s.Prune {
		parts = append(parts, "prune")
	}
	switch {
	case len(parts) == 0:
		return UnchangedLabel
	case len(parts) > titleParts:
		rest := len(parts) - titleParts
		parts = append(parts[:titleParts], fmt.Sprintf("%d more", rest))
	}
	return strings.Join(parts, ", ")
}

// check finds what is wrong with a scenario as such, whatever the context.
func (s *Scenario) check() error {
	for _, step := range s.Steps {
		for _, e := range step.Edits {
			if e.Action == nil {
				return &Error{At: e.At, Err: errors.New("an edit without an action")}
			}
			if err := e.check(); err != nil {
				return &Error{At: e.At, Err: fmt.Errorf("%s: %w", e.Action, err)}
			}
		}
		for name := range step.BuildArgs {
			if name == "" || strings.ContainsAny(name, "=\x00") {
				return &Error{At: step.At, Err: fmt.Errorf("%q cannot be the name of a build argument", name)}
			}
		}
	}
	return nil
}

// prunes returns the first step that prunes, nil if none does.
func (s *Scenario) prunes() *Step {
	i := slices.IndexFunc(s.Steps, func(s Step) bool { return s.Prune })
	if i < 0 {
		return nil
	}
	return &s.Steps[i]
}

// paths returns the files of the context that the edits name, clean.
func (s *Scenario) paths() []string {
	var all []string
	for _, step := range s.Steps {
		for _, e := range step.Edits {
			for _, name := range e.paths() {
				all = append(all, path.Clean(name))
			}
		}
	}
	return all
}
