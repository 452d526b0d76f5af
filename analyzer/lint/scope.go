package lint

import (
	"fmt"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

// variable is one variable and all that were set before it. BuildKit keeps ARG
// and ENV in one environment, in which the later one wins.
type variable struct {
	name, value string
	arg         bool // set by ARG rather than ENV
	below       *variable
}

// Get returns the value of a variable; it makes a *variable what BuildKit's
// expansion takes.
func (v *variable) Get(name string) (string, bool) {
	for ; v != nil; v = v.below {
		if v.name == name {
			return v.value, true
		}
	}
	return "", false
}

// Keys are the names of all variables.
func (v *variable) Keys() []string {
	var keys []string
	for ; v != nil; v = v.below {
		keys = append(keys, v.name)
	}
	return keys
}

// all returns the variables of one kind.
func (v *variable) all(arg bool) map[string]string {
	m := map[string]string{}
	for ; v != nil; v = v.below {
		if _, ok := m[v.name]; v.arg == arg && !ok {
			m[v.name] = v.value
		}
	}
	return m
}

// scope is what holds above an instruction.
type scope struct {
	vars    *variable
	workdir string
	user    string
	shell   []string
}

// longestValue is the most that Linux takes for a variable of a process, so that
// no step runs with a longer one. The bound keeps a file in which each line
// doubles the last from growing for ever.
const longestValue = 128 << 10

// mostExpanded bounds what one instruction may become, in bytes.
const mostExpanded = 32 << 20

// growthError is about variables that grow out of bounds.
type growthError struct{ in *dockerfile.Instruction }

func (e *growthError) Error() string {
	return fmt.Sprintf("the variables in it grow beyond %d bytes", longestValue)
}

// scopes follows ARG, ENV and the settings that instructions inherit through a
// file, by the rules of BuildKit's frontend (dispatchArg, dispatchEnv,
// dispatchWorkdir and buildMetaArgs in dockerfile2llb). Of base images it knows
// nothing.
type scopes struct {
	lex     *shell.Lex
	globals *variable
	above   map[*dockerfile.Instruction]scope
	ends    map[*dockerfile.Stage]scope
	longest int // of all values so far
}

// predefined are the variables that a FROM knows without an ARG. Their values
// are those of a machine of the most common kind.
var predefined = map[string]string{
	"BUILDPLATFORM": "linux/amd64", "BUILDOS": "linux", "BUILDOSVERSION": "", "BUILDARCH": "amd64", "BUILDVARIANT": "",
	"TARGETPLATFORM": "linux/amd64", "TARGETOS": "linux", "TARGETOSVERSION": "", "TARGETARCH": "amd64", "TARGETVARIANT": "",
	"TARGETSTAGE": "default",
}

func newScopes(f *dockerfile.File) (*scopes, error) {
	s := &scopes{lex: shell.NewLex(f.Escape), above: map[*dockerfile.Instruction]scope{}, ends: map[*dockerfile.Stage]scope{}}
	for name, value := range predefined {
		s.globals = &variable{name: name, value: value, arg: true, below: s.globals}
	}
	for _, in := range f.Global {
		s.above[in] = scope{vars: s.globals, workdir: "/"}
		if c, ok := in.Command.(*instructions.ArgCommand); ok {
			for _, a := range c.Args {
				if a.Value == nil {
					continue
				}
				value, err := s.bounded(in, *a.Value, s.globals)
				if err != nil {
					return s, err
				}
				s.globals = &variable{name: a.Key, value: value, arg: true, below: s.globals}
			}
		}
	}
	return s, nil
}

// stage follows one stage, whose base is a stage that was followed before, or nil.
func (s *scopes) stage(stage, base *dockerfile.Stage) error {
	now := scope{workdir: "/"}
	if base != nil {
		now = s.ends[base]
	}
	for _, in := range stage.Instructions {
		s.above[in] = now
		if strings.Count(in.Text, "$") > 0 && len(in.Text)+strings.Count(in.Text, "$")*s.longest > mostExpanded {
			return &growthError{in}
		}
		if err := s.apply(in, &now); err != nil {
			return err
		}
	}
	s.ends[stage] = now
	return nil
}

func (s *scopes) apply(in *dockerfile.Instruction, now *scope) error {
	switch c := in.Command.(type) {
	case *instructions.ArgCommand:
		for _, a := range c.Args {
			if err := s.declare(in, a, now); err != nil {
				return err
			}
		}
	case *instructions.EnvCommand:
		vars := now.vars
		for _, kv := range c.Env { // all values are expanded before any is set
			value, err := s.bounded(in, kv.Value, now.vars)
			if err != nil {
				return err
			}
			vars = &variable{name: s.expand(kv.Key, now.vars), value: value, below: vars}
		}
		now.vars = vars
	case *instructions.WorkdirCommand:
		dir := s.expand(c.Path, now.vars)
		if !path.IsAbs(dir) {
			dir = path.Join(now.workdir, dir)
		}
		now.workdir = path.Clean(dir)
	case *instructions.UserCommand:
		now.user = s.expand(c.User, now.vars)
	case *instructions.ShellCommand:
		now.shell = c.Shell
	}
	return nil
}

func (s *scopes) declare(in *dockerfile.Instruction, a instructions.KeyValuePairOptional, now *scope) error {
	if a.Value != nil {
		value, err := s.bounded(in, *a.Value, now.vars)
		if err != nil {
			return err
		}
		now.vars = &variable{name: a.Key, value: value, arg: true, below: now.vars}
	} else if value, ok := s.globals.Get(a.Key); ok {
		now.vars = &variable{name: a.Key, value: value, arg: true, below: now.vars}
	}
	return nil
}

// bounded expands a value, and fails where it becomes too long.
func (s *scopes) bounded(in *dockerfile.Instruction, word string, vars *variable) (string, error) {
	most := len(word) + strings.Count(word, "$")*s.longest
	if strings.Contains(word, "//") && strings.Contains(word, "${") { // each part of a value may be replaced by the word
		most += len(word) * s.longest
	}
	if most > mostExpanded {
		return "", &growthError{in}
	}
	value := s.expand(word, vars)
	if s.longest = max(s.longest, len(value)); s.longest > longestValue && strings.Contains(word, "$") {
		return "", &growthError{in}
	}
	return value, nil
}

// expand replaces the variables of a word. What cannot be expanded stays as it
// is.
func (s *scopes) expand(word string, vars *variable) string {
	if !strings.ContainsAny(word, "$'\"\\`") || !utf8.ValidString(word) { // BuildKit's scanner prints of the latter
		return word
	}
	if res, err := s.lex.ProcessWordWithMatches(word, vars); err == nil {
		return res.Result
	}
	return word
}
