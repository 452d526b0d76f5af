package mutate

import (
	"fmt"
	"slices"
)

var stageEdits = []kind{
	{"stage renamed", 4, (*World).rename},
	{"stage moved", 4, (*World).moveStage},
	{"stage added", 2, (*World).appendStage},
	{"FROM changed", 3, (*World).changeFrom},
	{"FROM platform", 2, (*World).changePlatform},
}

func (w *World) rename() bool {
	s := pick(w, w.File.Stages...)
	if s.Name != "" && slices.ContainsFunc(w.File.Globals, func(g *Instruction) bool { return g.Value == s.Name || w.Args[g.Name] == s.Name }) {
		return false // a name that an argument holds
	}
	if w.Target != "" && w.Target == w.File.StageName(s.ID) {
		return false
	}
	s.Name = fmt.Sprintf("renamed%d", w.next())
	return true
}

// moveStage swaps two neighbouring stages that do not need each other.
func (w *World) moveStage() bool {
	n := w.random.IntN(len(w.File.Stages))
	if n+2 >= len(w.File.Stages) || w.Target != "" { // the last one is the target
		return false
	}
	a, b := w.File.Stages[n], w.File.Stages[n+1]
	if w.uses(b, a) {
		return false
	}
	w.File.Stages = slices.Clone(w.File.Stages)
	w.File.Stages[n], w.File.Stages[n+1] = b, a
	return true
}

// uses says that stage b names stage a.
func (w *World) uses(b, a *Stage) bool {
	if w.base(b) == a || b.Base.Stage == a.ID || b.Base.Argument != "" {
		return true
	}
	return slices.ContainsFunc(b.Steps, func(i *Instruction) bool {
		return i.From.Stage == a.ID || slices.ContainsFunc(i.Mounts, func(m Mount) bool { return m.From.Stage == a.ID })
	})
}

func (w *World) appendStage() bool {
	if len(w.File.Stages) > 5 || w.Target != "" && w.File.Stages[len(w.File.Stages)-1].Name == "" {
		return false
	}
	w.addStage()
	return true
}

func (w *World) changeFrom() bool {
	s := pick(w, w.File.Stages...)
	if s.Base.Image == "" {
		return false
	}
	s.Base.Image = pick(w, slices.DeleteFunc(slices.Clone(images), func(i string) bool { return i == s.Base.Image })...)
	return true
}

func (w *World) changePlatform() bool {
	s := pick(w, w.File.Stages...)
	if s.Base.Image == "" {
		return false
	}
	before := s.Platform
	s.Platform = pick(w, "", "linux/amd64", "linux/arm64", "$BUILDPLATFORM")
	return s.Platform != before
}
