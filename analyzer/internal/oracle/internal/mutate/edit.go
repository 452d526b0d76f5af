package mutate

import (
	"fmt"
	"slices"

	"github.com/layerwise/layerwise/analyzer/explain"
)

// Edit is a change between two builds.
type Edit struct {
	Name string
	// Blame are the kinds of cause that the edit can be for a step that it reaches
	// other than by files, by the step's own text, or as a new base image: by a
	// variable or a setting.
	Blame []explain.Kind
}

// kind is one sort of edit. It returns false, and has changed nothing, where the
// world has nothing of the kind.
type kind struct {
	name   string
	weight int
	apply  func(*World) bool
}

var kinds = slices.Concat(fileEdits, lineEdits, stageEdits, optionEdits, definitionEdits)

// Mutate applies a random edit.
func (w *World) Mutate() Edit {
	total := 0
	for _, k := range kinds {
		total += k.weight
	}
	for {
		n := w.random.IntN(total)
		for _, k := range kinds {
			if n -= k.weight; n >= 0 {
				continue
			}
			before := w.Clone()
			if k.apply(w) {
				return Edit{k.name, blame(before, w)}
			}
			w.Restore(before)
			break
		}
	}
}

// blame compares what sets variables and settings.
func blame(before, after *World) []explain.Kind {
	var out []explain.Kind
	a, b := before.settings(), after.settings()
	for _, k := range sortedKeys(a) {
		if a[k] != b[k] {
			out = append(out, k)
		}
	}
	return out
}

// settings are the instructions and options behind each kind of cause, with
// where they stand.
func (w *World) settings() map[explain.Kind]string {
	text := map[explain.Kind]string{
		explain.BuildArgumentChanged: fmt.Sprint(w.Args),
		explain.EnvironmentChanged:   fmt.Sprint(w.Image.Env),
		explain.StateChanged:         fmt.Sprint(w.Network, w.Hosts),
	}
	note := func(i *Instruction, at string) {
		if k, ok := kindOf[i.Keyword]; ok {
			text[k] += "\n" + at + w.File.text(i)
		}
	}
	for _, g := range w.File.Globals {
		note(g, "")
	}
	for _, s := range w.File.Stages {
		text[explain.StateChanged] += s.Platform
		at := "" // the instruction above that makes a layer, if any
		for _, i := range s.Steps {
			note(i, fmt.Sprintf("%d after %s: ", s.ID, at))
			if makesLayer(i) {
				at = fmt.Sprint(i.ID)
			}
		}
	}
	return text
}

var kindOf = map[string]explain.Kind{
	"ARG": explain.BuildArgumentChanged, "ENV": explain.EnvironmentChanged,
	"WORKDIR": explain.StateChanged, "USER": explain.StateChanged, "SHELL": explain.StateChanged,
}

// Names returns what edits are called.
func Names() []string {
	var names []string
	for _, k := range kinds {
		names = append(names, k.name)
	}
	return names
}

// Settle takes back what an edit asks of a single build.
func (w *World) Settle() { w.NoCache, w.NoCacheFilter, w.Prune = false, 0, false }

var optionEdits = []kind{
	{"nothing", 6, func(*World) bool { return true }},
	{"build argument", 10, (*World).setArgument},
	{"unused build argument", 2, func(w *World) bool { w.Args["UNUSED"] = w.token(); return true }},
	{"proxy", 2, func(w *World) bool { w.Args["HTTP_PROXY"] = "http://" + w.token(); return true }},
	{"target", 4, (*World).setTarget},
	{"network", 1, func(w *World) bool { w.Network = otherOf(w.Network, "none"); return true }},
	{"host", 1, func(w *World) bool { w.Hosts = append(w.Hosts, fmt.Sprintf("h%d:10.0.0.1", w.next())); return true }},
	{"secret value", 1, func(w *World) bool { w.Secret = w.token(); return true }},
	{"no-cache", 2, func(w *World) bool { w.NoCache = true; return true }},
	{"no-cache-filter", 4, (*World).filterStage},
	{"prune", 1, func(w *World) bool { w.Prune = true; return true }},
	{"base digest", 2, func(w *World) bool { w.Image.Version++; return true }},
	{"base files", 2, func(w *World) bool { w.Image.Release++; return true }},
	{"base environment", 2, func(w *World) bool { w.Image.Env["IMG"] = w.token(); return true }},
	{"base trigger", 1, func(w *World) bool {
		w.Image.OnBuild = append(w.Image.OnBuild, w.newRun(nil))
		return len(w.Image.OnBuild) < 3
	}},
}

func (w *World) filterStage() bool {
	s := pick(w, w.File.Stages...)
	w.NoCacheFilter = s.ID
	return s.Name != ""
}

// otherOf switches a text on and off.
func otherOf(now, on string) string {
	if now == on {
		return ""
	}
	return on
}

func (w *World) setArgument() bool {
	var names []string
	for _, s := range w.File.Stages {
		for _, i := range s.Steps {
			if i.Keyword == "ARG" {
				names = append(names, i.Name)
			}
		}
	}
	for _, g := range w.File.Globals {
		if g.Name != epoch { // which has to be a number
			names = append(names, g.Name)
		}
	}
	if len(names) == 0 {
		return false
	}
	name := pick(w, names...)
	_, given := w.Args[name]
	switch {
	case given && w.chance(40):
		delete(w.Args, name)
	case name == "BASE":
		w.Args[name] = pick(w, images...)
	case len(name) > 4 && name[:4] == "PICK":
		return w.setPick(name)
	case name == "DIR":
		w.Args[name] = pick(w, "src", "docs")
	default:
		w.Args[name] = w.token()
	}
	return true
}

// setPick lets an argument of a FROM name another stage, one above the FROM.
func (w *World) setPick(name string) bool {
	var above []string
	for _, s := range w.File.Stages {
		if s.Base.Argument == name {
			break
		}
		if s.Name != "" {
			above = append(above, s.Name)
		}
	}
	if len(above) < 2 {
		return false
	}
	w.Args[name] = pick(w, above...)
	return true
}

func (w *World) setTarget() bool {
	n := w.random.IntN(len(w.File.Stages))
	before := w.Target
	w.Target = w.File.Stages[n].Name
	if n == len(w.File.Stages)-1 {
		w.Target = ""
	} else if w.Target == "" { // a number is no target
		return false
	}
	return w.Target != before
}
