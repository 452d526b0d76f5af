package plan

import (
	"maps"
	"regexp"

	"github.com/containerd/platforms"
	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

// scope follows ARG and ENV through a file by the rules of BuildKit's frontend
// (dockerfile2llb dispatchArg, dispatchEnv and buildMetaArgs). It serves to name
// the argument or variable behind a changed key; the keys themselves come from
// the frontend's own result.
type scope struct {
	lex     *shell.Lex
	given   map[string]string // build arguments of the command line
	globals map[string]string // ARG above the first FROM, and the predefined ones
	args    map[string]string // ARG of the stage
	env     map[string]string // ENV of the stage and its base
	vars    map[string]string // both, the later one wins
}

func newScope(escape rune, given, predefined map[string]string) *scope {
	return &scope{
		lex: shell.NewLex(escape), given: given, globals: maps.Clone(predefined),
		args: map[string]string{}, env: map[string]string{}, vars: maps.Clone(predefined),
	}
}

// stage returns the scope below a FROM of an image with this environment.
func (s *scope) stage(baseEnv []string) *scope {
	env := shell.EnvsFromSlice(baseEnv)
	n := &scope{lex: s.lex, given: s.given, globals: s.globals, args: map[string]string{}, env: map[string]string{}, vars: map[string]string{}}
	for _, k := range env.Keys() {
		n.env[k], _ = env.Get(k)
	}
	n.vars = maps.Clone(n.env)
	return n
}

// inherit returns the scope below a FROM of a stage that ended with s.
func (s *scope) inherit() *scope {
	n := *s
	n.args, n.env, n.vars = maps.Clone(s.args), maps.Clone(s.env), maps.Clone(s.vars)
	return &n
}

func (s *scope) snapshot() (args, env map[string]string) {
	return maps.Clone(s.args), maps.Clone(s.env)
}

// names matches whatever in a text may be the name of a variable.
var names = regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_]*`)

// mentioned is a snapshot of what a text may name.
func (s *scope) mentioned(text string) (args, env map[string]string) {
	args, env = map[string]string{}, map[string]string{}
	for _, name := range names.FindAllString(text, -1) {
		if v, ok := s.args[name]; ok {
			args[name] = v
		}
		if v, ok := s.env[name]; ok {
			env[name] = v
		}
	}
	return args, env
}

// global takes an ARG above the first FROM.
func (s *scope) global(in *dockerfile.Instruction) {
	c, ok := in.Command.(*instructions.ArgCommand)
	if !ok {
		return
	}
	for _, a := range c.Args {
		v, ok := s.given[a.Key]
		if !ok {
			if a.Value == nil {
				continue
			}
			v = s.expand(*a.Value)
		}
		s.globals[a.Key], s.vars[a.Key], s.args[a.Key] = v, v, v
	}
}

// apply takes an instruction of a stage.
func (s *scope) apply(in *dockerfile.Instruction) {
	switch c := in.Command.(type) {
	case *instructions.ArgCommand:
		for _, a := range c.Args {
			s.declare(a)
		}
	case *instructions.EnvCommand:
		set := map[string]string{}
		for _, kv := range c.Env { // all values are expanded before any is set
			set[s.expand(kv.Key)] = s.expand(kv.Value)
		}
		maps.Copy(s.env, set)
		maps.Copy(s.vars, set)
	}
}

func (s *scope) declare(a instructions.KeyValuePairOptional) {
	v, ok := s.given[a.Key]
	switch {
	case ok:
	case a.Value != nil:
		v = s.expand(*a.Value)
	default:
		if v, ok = s.globals[a.Key]; !ok {
			return
		}
	}
	s.args[a.Key], s.vars[a.Key] = v, v
}

// expand replaces the variables of a word. What cannot be expanded stays as it
// is: the frontend has refused it before.
func (s *scope) expand(word string) string {
	res, err := s.lex.ProcessWordWithMatches(word, mapEnv(s.vars))
	if err != nil {
		return word
	}
	return res.Result
}

type mapEnv map[string]string

func (m mapEnv) Get(key string) (string, bool) { v, ok := m[key]; return v, ok }

func (m mapEnv) Keys() []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	return keys
}

// defaultArgs are the arguments that BuildKit predefines from the platforms.
func (m *mapper) defaultArgs() map[string]string {
	args := map[string]string{"TARGETSTAGE": "default"}
	if m.target != "" {
		args["TARGETSTAGE"] = m.target
	}
	set := func(prefix, platform string) {
		p, err := platforms.Parse(platform)
		if err != nil {
			return
		}
		args[prefix+"PLATFORM"] = platform
		args[prefix+"OS"], args[prefix+"ARCH"], args[prefix+"VARIANT"] = p.OS, p.Architecture, p.Variant
	}
	set("BUILD", platforms.Format(m.native))
	set("TARGET", m.build.Platform)
	return args
}
