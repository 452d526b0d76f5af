// Package scope follows a Dockerfile from top to bottom and says what each
// instruction sees: the build arguments and the environment, the working folder,
// the user, the shell, and which stage a name stands for.
//
// # Design
//
// The rules are those of BuildKit's frontend (dockerfile2llb: buildMetaArgs,
// dispatchArg, dispatchEnv, dispatchWorkdir, toCommand, detectRunMount), which
// keeps them to itself. Words are expanded by BuildKit's own lexer. Of base images
// it knows what the caller tells it.
package scope

import (
	"fmt"
	"path"
	"strings"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

// Options are what a build adds to its file.
type Options struct {
	// Args are the build arguments that were given.
	Args map[string]string
	// Predefined are the arguments that every FROM knows without an ARG.
	Predefined map[string]string
	// Image says what is known of the image that a stage starts from; it may be nil,
	// which is nothing. It may ask the Scopes for the name of the base.
	Image func(*dockerfile.Stage) Image
	// Bound has a value that grows beyond what a process can have end in a
	// *GrowthError: a file can double it line by line.
	Bound bool
}

// Image is what is known of the image that a stage starts from.
type Image struct {
	Env      []string // NAME=value
	Triggers []*dockerfile.Instruction
}

// Scopes has what every instruction of a file sees.
type Scopes struct {
	file    *dockerfile.File
	options Options
	lex     *shell.Lex
	longest int // of all values so far

	globals   View
	above     map[*dockerfile.Instruction]View
	triggered map[*dockerfile.Stage][]View // what the triggers of its base see
	ends      map[*dockerfile.Stage]View
	baseNames map[*dockerfile.Stage]string
	bases     map[*dockerfile.Stage]*dockerfile.Stage
}

// longestValue is the most that Linux takes for a variable of a process, so that
// no step runs with a longer one.
const longestValue = 128 << 10

// longestExpansion bounds what one instruction may become, in bytes.
const longestExpansion = 32 << 20

// GrowthError is about variables that grow out of bounds.
type GrowthError struct{ Instruction *dockerfile.Instruction }

func (e *GrowthError) Error() string {
	return fmt.Sprintf("the variables in it grow beyond %d bytes", longestValue)
}

// New reads what stands above the first FROM, so that bases have their names. A
// *GrowthError leaves what came before it.
func New(f *dockerfile.File, o Options) (*Scopes, error) {
	s := &Scopes{
		file: f, options: o, lex: shell.NewLex(f.Escape),
		above:     map[*dockerfile.Instruction]View{},
		triggered: map[*dockerfile.Stage][]View{},
		ends:      map[*dockerfile.Stage]View{},
		baseNames: map[*dockerfile.Stage]string{},
		bases:     map[*dockerfile.Stage]*dockerfile.Stage{},
	}
	s.globals = View{lex: s.lex, workdir: "/"}
	for name, value := range o.Predefined {
		s.globals.vars = &variable{name: name, value: value, kind: predefined, below: s.globals.vars}
	}
	for _, in := range f.Global {
		s.above[in] = s.globals
		c, ok := in.Command.(*instructions.ArgCommand)
		if !ok {
			continue
		}
		for _, a := range c.Args {
			if err := s.declare(in, a, &s.globals, nil); err != nil {
				return s, err
			}
		}
	}
	return s, nil
}

// Follow reads the stages, in order. It ends at the first *GrowthError;
// instructions below see nothing.
func (s *Scopes) Follow() error {
	for _, stage := range s.file.Stages {
		if err := s.stage(stage); err != nil {
			return err
		}
	}
	return nil
}

func (s *Scopes) stage(stage *dockerfile.Stage) error {
	now := View{lex: s.lex, workdir: "/"}
	if base := s.Base(stage); base != nil {
		now = s.ends[base]
	} else {
		env := shell.EnvsFromSlice(s.image(stage).Env)
		for _, name := range env.Keys() {
			value, _ := env.Get(name)
			now.vars = &variable{name: name, value: value, kind: environment, below: now.vars}
		}
	}
	for _, in := range stage.Instructions {
		s.above[in] = now
		if err := s.apply(in, &now); err != nil {
			return err
		}
		if in.From == nil {
			continue
		}
		for _, trigger := range s.Triggers(stage) {
			s.triggered[stage] = append(s.triggered[stage], now)
			if err := s.apply(trigger, &now); err != nil {
				return err
			}
		}
	}
	s.ends[stage] = now
	return nil
}

func (s *Scopes) image(stage *dockerfile.Stage) Image {
	if s.options.Image == nil {
		return Image{}
	}
	return s.options.Image(stage)
}

func (s *Scopes) apply(in *dockerfile.Instruction, now *View) error {
	if n := strings.Count(in.Text, "$"); s.options.Bound && n > 0 && len(in.Text)+n*s.longest > longestExpansion {
		return &GrowthError{in}
	}
	switch c := in.Command.(type) {
	case *instructions.ArgCommand:
		for _, a := range c.Args {
			if err := s.declare(in, a, now, s.globals.vars); err != nil {
				return err
			}
		}
	case *instructions.EnvCommand:
		vars := now.vars
		for _, kv := range c.Env { // all values are expanded before any is set
			value, err := s.expand(in, kv.Value, *now)
			if err != nil {
				return err
			}
			vars = &variable{name: now.Expand(kv.Key), value: value, kind: environment, below: vars}
		}
		now.vars = vars
	case *instructions.WorkdirCommand:
		dir := now.Expand(c.Path)
		if !path.IsAbs(dir) {
			dir = path.Join(now.workdir, dir)
		}
		now.workdir = path.Clean(dir)
	case *instructions.UserCommand:
		now.user = now.Expand(c.User)
	case *instructions.ShellCommand:
		now.shell = c.Shell
	}
	return nil
}

// declare takes one argument of an ARG. One without a value has that of the
// argument of its name above the first FROM.
func (s *Scopes) declare(in *dockerfile.Instruction, a instructions.KeyValuePairOptional, now *View, globals *variable) error {
	value, ok := s.given(a, globals)
	switch {
	case ok:
	case a.Value == nil:
		return nil
	default:
		var err error
		if value, err = s.expand(in, *a.Value, *now); err != nil {
			return err
		}
	}
	now.vars = &variable{name: a.Key, value: value, kind: argument, below: now.vars}
	return nil
}

// given is the value of an argument for which its default does not count.
func (s *Scopes) given(a instructions.KeyValuePairOptional, globals *variable) (string, bool) {
	if value, ok := s.options.Args[a.Key]; ok {
		return value, true
	}
	if a.Value != nil {
		return "", false
	}
	return globals.Get(a.Key)
}

// expand expands the value of a variable, and fails where it becomes too long.
func (s *Scopes) expand(in *dockerfile.Instruction, word string, now View) (string, error) {
	if !s.options.Bound {
		return now.Expand(word), nil
	}
	upper := len(word) + strings.Count(word, "$")*s.longest
	if strings.Contains(word, "//") && strings.Contains(word, "${") { // each part of a value may be replaced by the word
		upper += len(word) * s.longest
	}
	if upper > longestExpansion {
		return "", &GrowthError{in}
	}
	value := now.Expand(word)
	if s.longest = max(s.longest, len(value)); s.longest > longestValue && strings.Contains(word, "$") {
		return "", &GrowthError{in}
	}
	return value, nil
}

// Globals is what every FROM sees: the arguments above the first.
func (s *Scopes) Globals() View { return s.globals }

// At is what an instruction of the file sees. A FROM replaces variables by Globals;
// here it has what its stage begins with.
func (s *Scopes) At(in *dockerfile.Instruction) View {
	if v, ok := s.above[in]; ok {
		return v
	}
	return View{lex: s.lex, workdir: "/"}
}

// End is what a stage ends with, for those that start from it.
func (s *Scopes) End(stage *dockerfile.Stage) View { return s.ends[stage] }

// AtTrigger is what a trigger of a stage's base sees, by its index in Triggers.
func (s *Scopes) AtTrigger(stage *dockerfile.Stage, i int) View {
	if views := s.triggered[stage]; i < len(views) {
		return views[i]
	}
	return View{lex: s.lex, workdir: "/"}
}
