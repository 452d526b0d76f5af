package mutate

import (
	"fmt"
	"slices"
)

// definitionEdits change what BuildKit's definition has in it though no step says
// other words, or how the file is read.
var definitionEdits = []kind{
	{"settings swapped", 8, (*World).swapSettings},
	{"epoch given", 3, func(w *World) bool { return w.give("SOURCE_DATE_EPOCH", fmt.Sprint(1700000000+w.next())) }},
	{"epoch in the file", 4, (*World).setEpoch},
	{"hostname", 1, func(w *World) bool { return w.give("BUILDKIT_SANDBOX_HOSTNAME", fmt.Sprintf("h%d", w.next())) }},
	{"space of cache mounts", 2, func(w *World) bool { return w.give("BUILDKIT_CACHE_MOUNT_NS", fmt.Sprintf("n%d", w.next())) }},
	{"escape character", 1, func(w *World) bool { w.File.Backtick = !w.File.Backtick; return true }},
	{"HEALTHCHECK changed", 1, (*World).changeHealthcheck},
	{"excluded files", 2, func(w *World) bool { return w.addFlag("--exclude=", fmt.Sprintf("none%d", w.next()), "COPY", "ADD") }},
	{"unpacking", 1, func(w *World) bool { return w.addFlag("--unpack=", "false", "ADD") }},
}

// swapSettings changes the order of two neighbours that set variables.
func (w *World) swapSettings() bool {
	var all []spot
	for _, s := range w.File.Stages {
		for n := w.firstFree(s); n+1 < len(s.Steps); n++ {
			a, b := s.Steps[n], s.Steps[n+1]
			if keyword("ENV", "ARG")(a) && keyword("ENV", "ARG")(b) && a.Name != b.Name && !a.OnBuild && !b.OnBuild {
				all = append(all, spot{s, n})
			}
		}
	}
	if len(all) == 0 {
		return false
	}
	p := pick(w, all...)
	p.stage.Steps = slices.Clone(p.stage.Steps)
	p.stage.Steps[p.n], p.stage.Steps[p.n+1] = p.stage.Steps[p.n+1], p.stage.Steps[p.n]
	return true
}

// give sets a build argument, or takes it away where it is set.
func (w *World) give(name, value string) bool {
	if _, given := w.Args[name]; given && w.chance(30) {
		delete(w.Args, name)
		return true
	}
	w.Args[name] = value
	return true
}

// setEpoch writes SOURCE_DATE_EPOCH above the first FROM, or changes it there.
func (w *World) setEpoch() bool {
	value := fmt.Sprint(1600000000 + w.next())
	for n, g := range w.File.Globals {
		if g.Name == epoch {
			w.File.Globals = slices.Clone(w.File.Globals)
			if w.chance(20) {
				w.File.Globals = slices.Delete(w.File.Globals, n, n+1)
				return true
			}
			g.Value = value
			return true
		}
	}
	w.File.Globals = append(slices.Clone(w.File.Globals), w.arg(epoch, value))
	return true
}

// epoch is the argument that has the time of what is made.
const epoch = "SOURCE_DATE_EPOCH"

// changeHealthcheck changes one, or puts one at the end of a stage.
func (w *World) changeHealthcheck() bool {
	if w.changeText("HEALTHCHECK", func(*Instruction) string { return pick(w, "NONE", "CMD true", "--interval=5s CMD true") }) {
		return true
	}
	s := pick(w, w.File.Stages...)
	s.Steps = append(slices.Clone(s.Steps), &Instruction{ID: w.next(), Keyword: "HEALTHCHECK", Text: "CMD " + w.token()})
	return true
}

// addFlag gives an instruction that copies files a flag with a value.
func (w *World) addFlag(name, value string, words ...string) bool {
	p, ok := w.any(func(i *Instruction) bool {
		return keyword(words...)(i) && len(i.Doc) == 0 && !slices.Contains(i.Flags, name+value)
	})
	if !ok || p.n < w.firstFree(p.stage) {
		return false
	}
	i := p.instruction()
	i.Flags = append(slices.Clone(i.Flags), name+value)
	return true
}
