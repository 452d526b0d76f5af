package explain

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/layerwise/layerwise/analyzer/record"
)

// setBy is a variable, and the step that sets it.
type setBy struct {
	step    int
	keyword string
	name    string
}

// variableRef is a variable of one kind.
type variableRef struct {
	keyword string // ENV, ARG, or "" where nothing sets it
	name    string
}

// variableParts are the variables that enter the key of a step: those that the
// frontend replaces in it and in the settings that it inherits, and of a RUN all of
// its environment; each with those that its value is made of.
func (k *keys) variableParts(i int) []KeyPart {
	s := &k.steps[i]
	found := map[variableRef]bool{}
	k.noteMentions(i, found)
	for _, by := range k.inheritedFrom(i) {
		k.noteMentions(by, found)
	}
	for _, v := range s.Deciding() {
		for name := range v.Op.Env {
			k.note(i, name, found)
		}
		for _, name := range k.takenFromFrontend(v) {
			found[variableRef{"ARG", name}] = true
		}
		if strings.HasPrefix(v.Op.Fields["actions"], "mkdir ") { // which has a time
			if _, by, set := k.epoch(i); set {
				found[variableRef{"ARG", argEpoch}] = true
				if by >= 0 {
					k.noteMentions(by, found)
				}
			}
		}
	}
	return k.describeVariables(i, found)
}

func (k *keys) describeVariables(i int, found map[variableRef]bool) []KeyPart {
	names := map[string][]string{}
	for _, v := range slices.SortedFunc(maps.Keys(found), func(a, b variableRef) int { return cmp.Compare(a.name, b.name) }) {
		names[v.keyword] = append(names[v.keyword], v.name)
	}
	var parts []KeyPart
	if list := names["ARG"]; len(list) > 0 {
		parts = append(parts, KeyPart{Kind: "arguments", Message: plural(len(list), "build argument ", "build arguments ") + allNames(list), Names: list})
	}
	own := slices.DeleteFunc(slices.Clone(names["ENV"]), func(name string) bool { return name == "PATH" && k.setter(i, "ENV", name) < 0 })
	if len(own) > 0 {
		parts = append(parts, KeyPart{Kind: "environment", Message: "environment " + allNames(own), Names: own})
	}
	for _, name := range names[""] {
		message := fmt.Sprintf("$%s, which nothing sets: it is empty", plain(name))
		if k.rec.Basis == record.Static && k.base(i) >= 0 && len(k.steps[k.base(i)].Vertices) > 0 && i != k.base(i) {
			message = fmt.Sprintf("$%s, which nothing in the file sets: it is empty, unless the base image sets it", plain(name))
		}
		parts = append(parts, KeyPart{Kind: "environment", Message: message, Names: []string{name}})
	}
	if len(own) < len(names["ENV"]) {
		parts = append(parts, KeyPart{Kind: "environment", Message: "environment PATH", Names: []string{"PATH"}, Usual: true})
	}
	return parts
}

func plural(n int, one, more string) string {
	if n == 1 {
		return one
	}
	return more
}

// allNames lists names, which come from a file that anyone wrote.
func allNames(names []string) string {
	var out []string
	for _, name := range names {
		out = append(out, plain(name))
	}
	return strings.Join(out, ", ")
}

// inheritedFrom are the steps above that make the settings which enter step i's
// key, and the FROM that it stands on where that names a stage or came from one.
func (k *keys) inheritedFrom(i int) []int {
	s := &k.steps[i]
	var out []int
	add := func(keyword string) {
		for by := k.setter(i, keyword, ""); by >= 0; by = k.setter(by, keyword, "") {
			out = append(out, by)
			if !k.steps[by].Read().Relative {
				return
			}
		}
	}
	if k.usesWorkdir(i) {
		add("WORKDIR")
	}
	if s.Instruction == "RUN" || s.Instruction == "WORKDIR" {
		add("USER")
	}
	for _, v := range s.Deciding() {
		for n := range v.Inputs {
			in := &v.Inputs[n]
			up := k.producer(i, in)
			if in.Hashed || up < 0 {
				continue
			}
			if from := k.scope.from[k.stageOf[i]]; from >= 0 && (up == from || k.stageOf[up] != k.stageOf[i]) {
				out = append(out, from)
			}
		}
	}
	return out
}

// usesWorkdir says that the working directory enters the key of step i.
func (k *keys) usesWorkdir(i int) bool {
	switch s := &k.steps[i]; s.Instruction {
	case "RUN":
		return true
	case "COPY", "ADD", "WORKDIR":
		return s.Read().Relative
	}
	return false
}

// noteMentions notes the variables that the frontend replaces in step i.
func (k *keys) noteMentions(i int, found map[variableRef]bool) {
	for _, name := range k.steps[i].Mentions {
		k.note(i, name, found)
	}
}

// note notes a variable as step i sees it, and what its value is made of.
func (k *keys) note(i int, name string, found map[variableRef]bool) {
	s := &k.steps[i]
	v, by := variableRef{"", name}, -1
	_, isEnv := s.Env[name]
	_, isArg := k.argsOf(i)[name]
	switch {
	case isEnv && s.Instruction != "FROM":
		v.keyword, by = "ENV", k.setter(i, "ENV", name)
	case isArg:
		v.keyword, by = "ARG", k.setter(i, "ARG", name)
	case slices.Contains(s.Unset, name) && name != "PATH": // which has a default
	case s.Instruction == "RUN" && len(k.steps[i].Mentions) == 0: // the base image's, or an option of the build
		v.keyword = "ENV"
	default:
		return // it has a default where it stands
	}
	if found[v] {
		return
	}
	found[v] = true
	if by >= 0 {
		for _, from := range k.madeOf(setBy{by, v.keyword, name}) {
			found[from] = true
		}
	}
}

// madeOf are the variables in the value that a step gives to a variable, and those
// that these are made of.
func (k *keys) madeOf(b setBy) []variableRef {
	if known, ok := k.sources[b]; ok {
		return known
	}
	k.sources[b] = nil // a record that is odd may go in a circle
	found := map[variableRef]bool{}
	for _, a := range k.steps[b.step].Read().Sets {
		if a.Name == b.name {
			for _, name := range a.Names {
				k.note(b.step, name, found)
			}
		}
	}
	k.sources[b] = slices.Collect(maps.Keys(found))
	return k.sources[b]
}
