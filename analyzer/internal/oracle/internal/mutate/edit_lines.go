package mutate

import (
	"fmt"
	"slices"
	"strings"
)

var lineEdits = []kind{
	{"line inserted", 6, (*World).insert},
	{"setting inserted", 4, (*World).insertSetting},
	{"line removed", 5, func(w *World) bool { return w.remove(makesLayer) }},
	{"setting removed", 3, func(w *World) bool { return w.remove(isSetting) }},
	{"line moved", 5, (*World).move},
	{"RUN changed", 8, (*World).changeRun},
	{Split, 2, (*World).split},
	{"RUN merged", 2, (*World).merge},
	{"RUN flag", 1, (*World).changeFlag},
	{"COPY changed", 5, (*World).changeCopy},
	{"mount changed", 3, (*World).changeMount},
	{"document changed", 4, (*World).changeDocument},
	{"ENV changed", 6, func(w *World) bool { return w.changeValue("ENV") }},
	{"ARG changed", 5, func(w *World) bool { return w.changeValue("ARG") }},
	{"WORKDIR changed", 4, func(w *World) bool {
		return w.changeText("WORKDIR", func(i *Instruction) string { return fmt.Sprintf("%s-%d", i.Text, w.next()) })
	}},
	{"USER changed", 3, func(w *World) bool {
		return w.changeText("USER", func(*Instruction) string { return pick(w, "root", "1000", "node", "33:33", "101") })
	}},
	{"SHELL changed", 2, func(w *World) bool {
		return w.changeText("SHELL", func(*Instruction) string {
			return pick(w, `["/bin/sh","-c"]`, `["/bin/sh","-ec"]`, `["/bin/sh","-xc"]`)
		})
	}},
	{"LABEL changed", 2, func(w *World) bool {
		return w.changeText("LABEL", func(*Instruction) string { return "l=" + w.token() })
	}},
}

// Split is the name of the edit that makes two RUNs of one.
const Split = "RUN split"

func makesLayer(i *Instruction) bool {
	return slices.Contains([]string{"RUN", "COPY", "ADD"}, i.Keyword)
}

func isSetting(i *Instruction) bool { return !makesLayer(i) }

// place is where an instruction stands.
type spot struct {
	stage *Stage
	n     int
}

func (p spot) instruction() *Instruction { return p.stage.Steps[p.n] }

// any returns a random instruction that fits.
func (w *World) any(fits func(*Instruction) bool) (spot, bool) {
	var all []spot
	for _, s := range w.File.Stages {
		for n, i := range s.Steps {
			if fits(i) {
				all = append(all, spot{s, n})
			}
		}
	}
	if len(all) == 0 {
		return spot{}, false
	}
	return pick(w, all...), true
}

func keyword(words ...string) func(*Instruction) bool {
	return func(i *Instruction) bool { return slices.Contains(words, i.Keyword) }
}

func (w *World) insert() bool {
	s := pick(w, w.File.Stages...)
	n := w.firstFree(s)
	n += w.random.IntN(len(s.Steps) - n + 1)
	i := w.copyFiles(s)
	if !w.isScratch(s) && w.chance(60) {
		i = w.newRun(s)
	}
	s.Steps = slices.Insert(s.Steps, n, i)
	return true
}

// firstFree is the first place in a stage that an edit may use: a stage that
// starts from nothing keeps its first step.
func (w *World) firstFree(s *Stage) int {
	if s.Base.Scratch {
		return 1
	}
	return 0
}

func (w *World) insertSetting() bool {
	s := pick(w, w.File.Stages...)
	n := w.firstFree(s)
	n += w.random.IntN(len(s.Steps) - n + 1)
	s.Steps = slices.Insert(s.Steps, n, w.newSetting(s, n))
	return true
}

// remove takes away an instruction whose files nobody asks for.
func (w *World) remove(fits func(*Instruction) bool) bool {
	p, ok := w.any(fits)
	if !ok || len(p.stage.Steps) < 2 || p.n < w.firstFree(p.stage) || w.needed(p.instruction()) {
		return false
	}
	p.stage.Steps = slices.Delete(slices.Clone(p.stage.Steps), p.n, p.n+1)
	return true
}

// needed says that another instruction names what this one makes.
func (w *World) needed(i *Instruction) bool {
	names := func(other *Instruction) bool {
		all := slices.Clone(other.Sources)
		for _, m := range other.Mounts {
			all = append(all, m.Source)
		}
		return slices.ContainsFunc(i.Makes, func(made string) bool { return slices.Contains(all, made) })
	}
	for _, s := range w.File.Stages {
		if slices.ContainsFunc(s.Steps, names) {
			return true
		}
	}
	return false
}

// move swaps two neighbours.
func (w *World) move() bool {
	p, ok := w.any(func(*Instruction) bool { return true })
	if !ok || p.n+1 >= len(p.stage.Steps) || p.n < w.firstFree(p.stage) {
		return false
	}
	steps := slices.Clone(p.stage.Steps)
	if w.File.text(steps[p.n]) == w.File.text(steps[p.n+1]) {
		return false
	}
	steps[p.n], steps[p.n+1] = steps[p.n+1], steps[p.n]
	p.stage.Steps = steps
	return true
}

func (w *World) changeRun() bool {
	p, ok := w.any(func(i *Instruction) bool { return i.Keyword == "RUN" && i.Text != "" })
	if !ok {
		return false
	}
	p.instruction().Text = w.altered(p.instruction().Text)
	return true
}

func (w *World) split() bool {
	p, ok := w.any(func(i *Instruction) bool {
		return i.Keyword == "RUN" && strings.Contains(i.Text, " && ") && len(i.Mounts) == 0 && !i.OnBuild
	})
	if !ok {
		return false
	}
	i := p.instruction()
	head, tail, _ := strings.Cut(i.Text, " && ")
	i.Text = head
	second := &Instruction{ID: w.next(), Keyword: "RUN", Text: tail, Flags: slices.Clone(i.Flags)}
	p.stage.Steps = slices.Insert(slices.Clone(p.stage.Steps), p.n+1, second)
	return true
}

// merge makes one RUN of two that follow each other.
func (w *World) merge() bool {
	plain := func(i *Instruction) bool {
		return i.Keyword == "RUN" && i.Text != "" && i.Text[0] != '[' && len(i.Mounts) == 0 && !i.OnBuild
	}
	p, ok := w.any(plain)
	if !ok || p.n+1 >= len(p.stage.Steps) || !plain(p.stage.Steps[p.n+1]) {
		return false
	}
	i, second := p.instruction(), p.stage.Steps[p.n+1]
	i.Text += " && " + second.Text
	i.Makes = slices.Concat(i.Makes, second.Makes)
	p.stage.Steps = slices.Delete(slices.Clone(p.stage.Steps), p.n+1, p.n+2)
	return true
}

func (w *World) changeFlag() bool {
	p, ok := w.any(keyword("RUN"))
	if !ok {
		return false
	}
	i := p.instruction()
	if n := slices.Index(i.Flags, "--network=none"); n >= 0 {
		i.Flags = slices.Delete(slices.Clone(i.Flags), n, n+1)
	} else {
		i.Flags = append(slices.Clone(i.Flags), "--network=none")
	}
	return true
}

func (w *World) changeCopy() bool {
	p, ok := w.any(func(i *Instruction) bool { return keyword("COPY", "ADD")(i) && len(i.Doc) == 0 })
	if !ok || p.n < w.firstFree(p.stage) {
		return false
	}
	i := p.instruction()
	flag := pick(w, "--link", "--chmod=711", "--chown=7:7")
	name, _, _ := strings.Cut(flag, "=")
	i.Flags = slices.DeleteFunc(slices.Clone(i.Flags), func(f string) bool { return strings.HasPrefix(f, name) })
	i.Flags = append(i.Flags, flag)
	return true
}

func (w *World) changeMount() bool {
	p, ok := w.any(func(i *Instruction) bool { return len(i.Mounts) > 0 })
	if !ok {
		return false
	}
	i := p.instruction()
	i.Mounts = slices.Clone(i.Mounts)
	m := &i.Mounts[0]
	switch m.Kind {
	case "cache":
		m.Options = pick(w, "", ",sharing=locked", ",sharing=private")
	case "secret":
		m.Options = ",id=key" + pick(w, "", ",required=true", ",mode=0444")
	default:
		m.Target = fmt.Sprintf("/m%d", w.next())
	}
	return true
}

func (w *World) changeDocument() bool {
	p, ok := w.any(func(i *Instruction) bool { return len(i.Doc) > 0 })
	if !ok {
		return false
	}
	i := p.instruction()
	i.Doc = slices.Clone(i.Doc)
	n := len(i.Doc) - 2 // the one before the last
	if i.Keyword == "RUN" {
		i.Doc[n] = "echo " + w.token() + " > " + i.Makes[0]
	} else {
		i.Doc[n] += " " + w.token()
	}
	return true
}

func (w *World) changeValue(word string) bool {
	p, ok := w.any(func(i *Instruction) bool { return i.Keyword == word && !i.OnBuild })
	if !ok {
		return false
	}
	i := p.instruction()
	before := i.Value
	i.Value, i.Valued = w.token(), true
	if i.Name == "DIR" {
		i.Value = pick(w, "src", "docs")
	}
	return i.Value != before
}

func (w *World) changeText(word string, text func(*Instruction) string) bool {
	p, ok := w.any(keyword(word))
	if !ok {
		return false
	}
	i := p.instruction()
	before := i.Text
	i.Text = text(i)
	return i.Text != before
}
