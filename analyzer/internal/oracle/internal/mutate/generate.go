package mutate

import (
	"fmt"
	"slices"
	"strings"
)

// images are the references that files name. Any other would do as well: all of
// them resolve to the world's image.
var images = []string{"busybox:1.37", "alpine:3.22", "debian"}

func (w *World) makeDockerfile() {
	if w.chance(40) {
		w.File.Globals = append(w.File.Globals, w.arg("BASE", pick(w, images...)))
	}
	if w.chance(20) {
		w.File.Globals = append(w.File.Globals, w.arg("G1", w.token()))
	}
	for range 1 + w.random.IntN(4) {
		w.addStage()
	}
	w.useAll()
	if w.chance(25) {
		w.Args[pick(w, "A1", "A2", "BASE_UNUSED")] = w.token()
	}
}

func (w *World) arg(name, value string) *Instruction {
	return &Instruction{ID: w.next(), Keyword: "ARG", Name: name, Value: value, Valued: value != ""}
}

func (w *World) addStage() {
	d := &w.File
	s := &Stage{ID: w.next(), Base: w.newBase()}
	s.From = &Instruction{ID: w.next(), Keyword: "FROM"}
	if w.chance(85) {
		s.Name = fmt.Sprintf("s%d", s.ID)
	}
	if s.Base.Image != "" && w.chance(12) {
		s.Platform = pick(w, "linux/amd64", "$BUILDPLATFORM", "linux/arm64")
	}
	d.Stages = append(d.Stages, s)
	if s.Base.Scratch { // begins with something that no other case has
		s.Steps = append(s.Steps, w.copyFiles(s))
	}
	for range 2 + w.random.IntN(4) {
		s.Steps = append(s.Steps, w.newInstruction(s, len(s.Steps)))
	}
	if !s.Base.Scratch && w.chance(25) { // twice the same
		twin := pick(w, s.Steps...).clone()
		twin.ID = w.next()
		s.Steps = append(s.Steps, twin)
	}
}

func (w *World) newBase() Base {
	named := slices.DeleteFunc(slices.Clone(w.File.Stages), func(s *Stage) bool { return s.Name == "" })
	switch n := w.random.IntN(100); {
	case n < 30 && len(named) > 0:
		return Base{Stage: pick(w, named...).ID}
	case n < 38 && len(named) > 0:
		name := fmt.Sprintf("PICK%d", w.next())
		w.File.Globals = append(w.File.Globals, w.arg(name, pick(w, named...).Name))
		return Base{Argument: name}
	case n < 50 && len(w.File.Stages) > 0:
		return Base{Scratch: true}
	case n < 65 && slices.ContainsFunc(w.File.Globals, func(g *Instruction) bool { return g.Name == "BASE" }):
		return Base{Argument: "BASE"}
	}
	return Base{Image: pick(w, images...)}
}

// useAll adds to the last stage what makes it need the others, most of the time.
func (w *World) useAll() {
	stages := w.File.Stages
	last := stages[len(stages)-1]
	for _, s := range stages[:len(stages)-1] {
		if w.chance(75) && len(w.outputs(s)) > 0 {
			last.Steps = append(last.Steps, w.copyFrom(s))
		}
	}
}

// newInstruction returns an instruction that could stand at a place of a stage.
func (w *World) newInstruction(s *Stage, at int) *Instruction {
	n := w.random.IntN(100)
	if w.isScratch(s) {
		n = 40 + w.random.IntN(60)
	}
	switch {
	case n < 40:
		return w.newRun(s)
	case n < 60:
		return w.copyFiles(s)
	case n < 70:
		if from := w.newPlace(s); from != nil {
			return from
		}
		return w.copyFiles(s)
	case n < 74:
		return w.copyDocument()
	}
	return w.newSetting(s, at)
}

// newSetting returns an instruction that changes what others run in, or nothing
// but the image's configuration.
func (w *World) newSetting(s *Stage, _ int) *Instruction {
	i := &Instruction{ID: w.next()}
	if w.chance(5) && !w.isScratch(s) {
		i = w.newRun(s)
		if w.chance(50) {
			i = w.copyFiles(s)
		}
		i.OnBuild = true
		return i
	}
	switch w.random.IntN(9) {
	case 0, 1:
		i.Keyword, i.Name = "ENV", pick(w, "E1", "E2", "E3")
		i.Value = pick(w, w.token(), "${A1}-x", "$E1-"+w.token())
		if i.Name == "E1" {
			i.Value = pick(w, w.token(), "$A2")
		}
	case 2, 3:
		i = w.arg(pick(w, "A1", "A2", "A3", "G1", "TARGETARCH"), pick(w, "", w.token(), w.token()))
		if w.chance(25) {
			i = w.arg("DIR", pick(w, "src", "docs"))
		}
	case 4, 5:
		i.Keyword, i.Text = "WORKDIR", pick(w, fmt.Sprintf("/w%d", i.ID), fmt.Sprintf("w%d", i.ID), fmt.Sprintf("/w/%d/$E1", i.ID))
	case 6:
		i.Keyword, i.Text = "USER", pick(w, "root", "1000", "node", "33:33")
	case 7:
		i.Keyword, i.Text = "SHELL", pick(w, `["/bin/sh","-c"]`, `["/bin/sh","-e","-c"]`, `["/bin/sh","-x","-c"]`)
	default:
		i.Keyword = pick(w, "LABEL", "LABEL", "EXPOSE", "CMD", "ENTRYPOINT", "STOPSIGNAL", "HEALTHCHECK", "VOLUME", "MAINTAINER")
		i.Text = map[string]string{"LABEL": "l=" + w.token(), "EXPOSE": fmt.Sprint(1000 + i.ID), "STOPSIGNAL": "SIGTERM",
			"HEALTHCHECK": "NONE", "VOLUME": fmt.Sprintf("/v%d", i.ID), "MAINTAINER": w.token(),
			"CMD": `["` + w.token() + `"]`, "ENTRYPOINT": `["` + w.token() + `"]`}[i.Keyword]
	}
	return i
}

// isScratch says that a stage has no shell.
func (w *World) isScratch(s *Stage) bool {
	for s != nil {
		switch {
		case s.Base.Scratch:
			return true
		case s.Base.Argument != "":
			s = w.argumentStage(s.Base.Argument)
		default:
			s, _ = w.File.stage(s.Base.Stage)
		}
	}
	return false
}

// argumentStage returns the stage that a global argument names, nil for an image.
func (w *World) argumentStage(name string) *Stage {
	value := w.global(name)
	for _, s := range w.File.Stages {
		if s.Name != "" && s.Name == value {
			return s
		}
	}
	return nil
}

// global is the value of an argument above the first FROM.
func (w *World) global(name string) string {
	for _, g := range w.File.Globals {
		if g.Name == name {
			if v, ok := w.Args[name]; ok {
				return v
			}
			return g.Value
		}
	}
	return ""
}

// base returns the stage that a stage starts from, nil for an image or nothing.
func (w *World) base(s *Stage) *Stage {
	if s.Base.Argument != "" {
		return w.argumentStage(s.Base.Argument)
	}
	b, _ := w.File.stage(s.Base.Stage)
	return b
}

// outputs are paths that are there at the end of a stage.
func (w *World) outputs(s *Stage) []string {
	var out []string
	for ; s != nil; s = w.base(s) {
		for _, i := range s.Steps {
			if !i.OnBuild {
				out = append(out, i.Makes...)
			}
		}
	}
	return out
}

// newPlace returns a COPY from a stage, an image or the named context; nil where
// the stage that was drawn has nothing to give.
func (w *World) newPlace(s *Stage) *Instruction {
	earlier := slices.Clone(w.File.Stages)
	if n := slices.Index(earlier, s); n >= 0 {
		earlier = earlier[:n]
	}
	switch n := w.random.IntN(10); {
	case n < 6 && len(earlier) > 0:
		if from := pick(w, earlier...); len(w.outputs(from)) > 0 {
			return w.copyFrom(from)
		}
		return nil
	case n < 8:
		i := w.copyTo(s, pick(w, "/etc/passwd", "/etc/os-release", "/etc/release"))
		i.From = Place{Image: pick(w, images...)}
		return i
	}
	i := w.copyTo(s, pick(w, "e1.txt", "sub", "sub/*", "."))
	i.From = Place{Extra: true}
	return i
}

func (w *World) copyFrom(s *Stage) *Instruction {
	i := w.copyTo(nil, pick(w, w.outputs(s)...))
	if slices.ContainsFunc(w.outputs(s), func(p string) bool { return strings.HasPrefix(p, "/tmp/") }) && w.chance(10) {
		i.Sources = []string{"/tmp"}
	}
	i.From = Place{Stage: s.ID}
	return i
}

// copyTo returns a COPY with random flags. Sources need not stay the only one.
func (w *World) copyTo(_ *Stage, sources ...string) *Instruction {
	i := &Instruction{ID: w.next(), Keyword: "COPY", Sources: sources}
	i.Dest = fmt.Sprintf("/%s/d%d/", w.Salt, i.ID) // no other case copies to there
	if w.chance(15) {
		i.Flags = append(i.Flags, "--link")
	}
	if w.chance(10) {
		i.Flags = append(i.Flags, "--chown="+pick(w, "1000:1000", "33"))
	}
	if w.chance(10) {
		i.Flags = append(i.Flags, "--chmod="+pick(w, "755", "0600"))
	}
	if w.chance(10) {
		i.Dest = strings.TrimPrefix(i.Dest, "/") // below the working directory
	} else {
		i.Makes = []string{strings.TrimSuffix(i.Dest, "/")}
	}
	return i
}

// copyFiles returns a COPY or ADD from the build context.
func (w *World) copyFiles(s *Stage) *Instruction {
	i := w.copyTo(s)
	switch w.random.IntN(13) {
	case 0, 1:
		i.Sources = []string{pick(w, "a.txt", "b.txt", "go.mod")}
	case 2:
		i.Sources = []string{"a.txt", "go.mod"}
	case 3, 4:
		i.Sources = []string{pick(w, "src", "docs", "conf/", "src/lib")}
	case 5, 6:
		i.Sources = []string{pick(w, "src/*.c", "*.txt", "docs/*", "src/*")}
	case 7:
		i.Sources, i.Flags = []string{pick(w, "src/lib/*.h", "src/main.c", "./src/./lib/x.h")}, append(i.Flags, "--parents")
	case 8:
		i.Sources, i.Flags = []string{"docs"}, append(i.Flags, "--exclude=*.md")
	case 9:
		i.Sources = []string{"link"}
	case 10:
		i.Sources = []string{"."}
	case 11:
		i.Sources, i.Keyword = []string{"pkg.tar"}, "ADD" // which unpacks it
	default:
		i.Sources = []string{pick(w, "empty", "src/lib")}
		if w.chance(50) {
			i.Sources = []string{"${DIR:-src}"}
		}
	}
	if i.Sources[0] == "empty" {
		i.Sources = append(i.Sources, "a.txt") // or the copy would be the same in every case
	}
	if w.chance(20) && !slices.Contains(i.Flags, "--parents") {
		i.Keyword = "ADD"
	}
	return i
}

func (w *World) copyDocument() *Instruction {
	i := w.copyTo(nil)
	i.Doc = []string{"first " + w.token(), pick(w, "second", "$A1", "${E1} "+w.token())}
	i.Dest = fmt.Sprintf("/%s/d%d/doc", w.Salt, i.ID)
	i.Makes = []string{i.Dest}
	return i
}
