package scope

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

// kind is what set a variable.
type kind int

const (
	predefined  kind = iota // BuildKit
	argument                // an ARG
	environment             // an ENV, or the base image
)

// variable is one variable and all that were set before it. BuildKit keeps ARG
// and ENV in one environment, in which the later one wins.
type variable struct {
	name, value string
	kind        kind
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

// View is what one instruction sees.
type View struct {
	lex     *shell.Lex
	vars    *variable
	workdir string
	user    string
	shell   []string
}

// Get returns the value of a variable, whether of ARG or ENV.
func (v View) Get(name string) (string, bool) { return v.vars.Get(name) }

// Args are the build arguments that an ARG has brought into scope, with their values.
// One that neither a default nor the build gives a value is not among them.
func (v View) Args() map[string]string { return v.all(argument) }

// Env is the environment that ENV and the base image have made.
func (v View) Env() map[string]string { return v.all(environment) }

func (v View) all(k kind) map[string]string {
	m := map[string]string{}
	for at := v.vars; at != nil; at = at.below {
		if _, ok := m[at.name]; at.kind == k && !ok {
			m[at.name] = at.value
		}
	}
	return m
}

// names matches whatever in a text may be the name of a variable.
var names = regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_]*`)

// Named are those of Args and Env that a text may name.
func (v View) Named(text string) (args, env map[string]string) {
	named := map[string]bool{}
	for _, name := range names.FindAllString(text, -1) {
		named[name] = true
	}
	args, env = map[string]string{}, map[string]string{}
	for at := v.vars; at != nil; at = at.below {
		if !named[at.name] {
			continue
		}
		m := args
		switch at.kind {
		case predefined:
			continue
		case environment:
			m = env
		}
		if _, ok := m[at.name]; !ok {
			m[at.name] = at.value
		}
	}
	return args, env
}

// Workdir is the working folder, "/" where none was set: that of a base image is
// not known.
func (v View) Workdir() string { return v.workdir }

// User is the user, "" where none was set.
func (v View) User() string { return v.user }

// Shell is the SHELL in force, nil for BuildKit's default.
func (v View) Shell() []string { return v.shell }

// Expand replaces the variables of a word. What cannot be expanded stays as it
// is: the frontend refuses it.
func (v View) Expand(word string) string {
	if !strings.ContainsAny(word, "$'\"\\`") || !utf8.ValidString(word) { // BuildKit's scanner prints of the latter
		return word
	}
	if res, err := v.lex.ProcessWordWithMatches(word, v.vars); err == nil {
		return res.Result
	}
	return word
}
