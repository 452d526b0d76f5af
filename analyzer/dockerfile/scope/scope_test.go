package scope_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/dockerfile/scope"
)

// TestSees holds what the instruction WORKDIR /here sees, the last of its stage.
func TestSees(t *testing.T) {
	for name, c := range map[string]struct {
		file string
		args map[string]string
		env  []string // of the base image
		want string
	}{
		"nothing":                                 {file: "FROM a", want: "in /"},
		"a default":                               {file: "FROM a\nARG V=1", want: "arg V=1 in /"},
		"a default that is given":                 {file: "FROM a\nARG V=1", args: map[string]string{"V": "2"}, want: "arg V=2 in /"},
		"no default":                              {file: "FROM a\nARG V", want: "in /"},
		"a global one, not declared":              {file: "ARG V=1\nFROM a", want: "in /"},
		"a global one":                            {file: "ARG V=1\nFROM a\nARG V", want: "arg V=1 in /"},
		"a global one of a global one":            {file: "ARG U=1\nARG V=$U.2\nFROM a\nARG V", want: "arg V=1.2 in /"},
		"a predefined one, not declared":          {file: "FROM a", want: "in /"},
		"a predefined one":                        {file: "FROM a\nARG TARGETARCH", want: "arg TARGETARCH=arm64 in /"},
		"an argument below a variable":            {file: "FROM a\nENV V=env\nARG V=arg\nENV W=$V", want: "arg V=arg env V=env env W=arg in /"},
		"a variable below an argument":            {file: "FROM a\nARG V=arg\nENV V=env\nENV W=$V", want: "arg V=arg env V=env env W=env in /"},
		"variables of one ENV":                    {file: "FROM a\nENV A=1\nENV A=2 B=$A", want: "env A=2 env B=1 in /"},
		"the environment of the image":            {file: "FROM a\nENV P=$P:/x", env: []string{"P=/bin"}, want: "env P=/bin:/x in /"},
		"settings":                                {file: "FROM a\nARG D=d\nUSER u$D\nSHELL [\"sh\",\"-e\"]\nWORKDIR w\nWORKDIR $D", want: "arg D=d in /w/d user ud shell sh -e"},
		"a stage that starts from another":        {file: "FROM a AS x\nARG V=1\nENV E=2\nUSER u\nWORKDIR /x\nFROM X", want: "arg V=1 env E=2 in /x user u"},
		"a stage beside another":                  {file: "FROM a AS x\nENV E=2\nFROM y", want: "in /"},
		"a base that an argument names":           {file: "ARG B=x\nFROM a AS x\nENV E=2\nFROM $B", want: "env E=2 in /"},
		"a base of a stage's name below":          {file: "FROM x\nFROM a AS x\nENV E=2\nFROM a", want: "in /"},
		"a trigger of a stage":                    {file: "FROM a AS x\nONBUILD ENV T=1\nFROM x\nENV E=$T", want: "env E=1 env T=1 in /"},
		"a trigger of a stage is none of its own": {file: "FROM a\nONBUILD ENV T=1", want: "in /"},
		"a backtick that escapes":                 {file: "# escape=`\nFROM a\nENV P=c:\\x D=`$x", want: `env D=$x env P=c:\x in /`},
		"a variable with an alternative":          {file: "FROM a\nENV A=${N:-none} B=${A:+some}", want: "env A=none env B= in /"},
	} {
		t.Run(name, func(t *testing.T) {
			s := follow(t, c.file+"\nWORKDIR /here\n", scope.Options{
				Args:       c.args,
				Predefined: map[string]string{"TARGETARCH": "arm64"},
				Image:      func(*dockerfile.Stage) scope.Image { return scope.Image{Env: c.env} },
			})
			if got := show(s.scopes.At(s.last())); got != c.want {
				t.Errorf("sees %q, want %q", got, c.want)
			}
		})
	}
}

type followed struct {
	file   *dockerfile.File
	scopes *scope.Scopes
}

func (f followed) last() *dockerfile.Instruction {
	all := f.file.All()
	return all[len(all)-1]
}

func follow(t *testing.T, text string, o scope.Options) followed {
	t.Helper()
	f, err := dockerfile.Parse("Dockerfile", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	s, err := scope.New(f, o)
	if err == nil {
		err = s.Follow()
	}
	if err != nil {
		t.Fatal(err)
	}
	return followed{f, s}
}

func show(v scope.View) string {
	var words []string
	for kind, m := range map[string]map[string]string{"arg": v.Args(), "env": v.Env()} {
		for name, value := range m {
			words = append(words, fmt.Sprintf("%s %s=%s", kind, name, value))
		}
	}
	slices.Sort(words)
	words = append(words, "in "+v.Workdir())
	if v.User() != "" {
		words = append(words, "user "+v.User())
	}
	if v.Shell() != nil {
		words = append(words, "shell "+strings.Join(v.Shell(), " "))
	}
	return strings.Join(words, " ")
}

func TestTriggersOfImages(t *testing.T) {
	trigger := follow(t, "FROM a\nENV T=$E\n", scope.Options{}).last()
	s := follow(t, "FROM a\nENV U=$T\nWORKDIR /x", scope.Options{
		Image: func(*dockerfile.Stage) scope.Image {
			return scope.Image{Env: []string{"E=1"}, Triggers: []*dockerfile.Instruction{trigger}}
		},
	})
	stage := s.file.Stages[0]
	if got := s.scopes.Triggers(stage); len(got) != 1 || got[0] != trigger {
		t.Fatalf("triggers are %v", got)
	}
	if got, want := show(s.scopes.AtTrigger(stage, 0)), "env E=1 in /"; got != want {
		t.Errorf("the trigger sees %q, want %q", got, want)
	}
	if got, want := show(s.scopes.At(s.last())), "env E=1 env T=1 env U=1 in /"; got != want {
		t.Errorf("what follows sees %q, want %q", got, want)
	}
}

// TestNeeded names stages by their bases.
func TestNeeded(t *testing.T) {
	const file = "FROM a AS one\nFROM b AS two\nFROM c\nONBUILD COPY --from=one x x\nFROM d AS four\n"
	for name, c := range map[string]struct{ last, needed, chain string }{
		"an image":                        {"FROM e", "e", "e"},
		"a stage":                         {"FROM One", "One a", "One a"},
		"files of a stage":                {"FROM e\nCOPY --from=TWO x x", "b e", "e"},
		"files of a stage by number":      {"FROM e\nCOPY --from=1 x x", "b e", "e"},
		"files of no stage by number":     {"FROM e\nCOPY --from=9 x x", "e", "e"},
		"a mount":                         {"FROM e\nRUN --mount=from=four,target=/x x", "d e", "e"},
		"a mount has no numbers":          {"FROM e\nRUN --mount=from=1,target=/x x", "e", "e"},
		"files of itself by a later name": {"FROM e AS two\nCOPY --from=one x x", "a e", "e"},
	} {
		t.Run(name, func(t *testing.T) {
			s := follow(t, file+c.last+"\n", scope.Options{})
			target := scope.Target(s.file, "")
			if got := bases(s.scopes.Needed(target, nil)); got != c.needed {
				t.Errorf("needs %q, want %q", got, c.needed)
			}
			if got := bases(s.scopes.Chain(target, nil)); got != c.chain {
				t.Errorf("grows from %q, want %q", got, c.chain)
			}
		})
	}
}

// TestReplaced has a build context in the place of a stage.
func TestReplaced(t *testing.T) {
	s := follow(t, "FROM a\nFROM 0 AS b\nCOPY --from=0 x x\nFROM b\n", scope.Options{})
	replaced := func(st *dockerfile.Stage) bool { return st.Name == "b" }
	target := scope.Target(s.file, "")
	if got := bases(s.scopes.Needed(target, nil)); got != "0 a b" {
		t.Errorf("needs %q without a replacement", got)
	}
	if got := bases(s.scopes.Needed(target, replaced)); got != "0 b" {
		t.Errorf("needs %q", got)
	}
	if got := bases(s.scopes.Chain(target, replaced)); got != "0 b" {
		t.Errorf("grows from %q", got)
	}
}

// TestTriggersNeed has a trigger take files from a stage.
func TestTriggersNeed(t *testing.T) {
	s := follow(t, "FROM a AS x\nFROM b AS y\nONBUILD COPY --from=x f f\nFROM y\n", scope.Options{})
	if got := bases(s.scopes.Needed(scope.Target(s.file, "Y"), nil)); got != "b" {
		t.Errorf("y needs %q", got)
	}
	if got := bases(s.scopes.Needed(scope.Target(s.file, ""), nil)); got != "a b y" {
		t.Errorf("the last stage needs %q", got)
	}
}

func bases(stages map[*dockerfile.Stage]bool) string {
	var names []string
	for st := range maps.Keys(stages) {
		names = append(names, st.Base)
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

func TestMentions(t *testing.T) {
	for text, want := range map[string]string{
		"RUN echo $A":                       "[] []",
		"RUN --mount=target=/x,source=$A x": "[A] []",
		"COPY $A ${N} /":                    "[A N] [N]",
		"COPY ${N:-x} /":                    "[N] []",
		"COPY <<x /$A\n$N\nx":               "[A N] [N]",
		"COPY <<'x' /$A\n$N\nx":             "[A] []",
		"ENV B=$A C='$A'":                   "[A] []",
		"LABEL x=$N":                        "[N] [N]",
		"CMD echo $A":                       "[] []",
	} {
		s := follow(t, "FROM x\nARG A=1\n"+text+"\n", scope.Options{})
		all, unset := s.scopes.At(s.last()).Mentions(s.last())
		if got := fmt.Sprint(all, unset); got != want {
			t.Errorf("%q mentions %s, want %s", text, got, want)
		}
	}
}

// TestBound lets a file double a value line by line.
func TestBound(t *testing.T) {
	file := "FROM x\nENV A=0123456789\n" + strings.Repeat("ENV A=$A$A\n", 60)
	f, err := dockerfile.Parse("Dockerfile", []byte(file))
	if err != nil {
		t.Fatal(err)
	}
	s, err := scope.New(f, scope.Options{Bound: true})
	if err != nil {
		t.Fatal(err)
	}
	var growth *scope.GrowthError
	if err := s.Follow(); !errors.As(err, &growth) || growth.Instruction.Line != 16 {
		t.Fatalf("got %v, want an error about line 16", err)
	}
	if got := show(s.At(f.Stages[0].Instructions[50])); got != "in /" {
		t.Errorf("an instruction below sees %s", got[:20])
	}
}
