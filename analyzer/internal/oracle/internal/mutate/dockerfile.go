package mutate

import (
	"fmt"
	"slices"
	"strings"
)

// Dockerfile is a Dockerfile as a model.
type Dockerfile struct {
	Globals []*Instruction // ARG above the first FROM
	Stages  []*Stage
	// Backtick says that the first line makes ` the escape character, which changes
	// nothing where none is used.
	Backtick bool
}

// Stage is one stage.
type Stage struct {
	ID   int    // stays through edits
	Name string // "" for one that is referred to by its number
	From *Instruction
	// Base is what FROM names.
	Base     Base
	Steps    []*Instruction
	Platform string // of FROM, "" for none
}

// Base is what a stage starts from: one of an image, a stage, nothing, or a build
// argument that holds the name of an image or a stage.
type Base struct {
	Image    string
	Stage    int
	Scratch  bool
	Argument string
}

// Instruction is one instruction.
type Instruction struct {
	ID      int    // stays through edits
	Keyword string // as written
	OnBuild bool   // a trigger

	Flags   []string // without --from and --mount
	From    Place    // of COPY
	Mounts  []Mount  // of RUN
	Sources []string // of COPY and ADD
	Dest    string   // of COPY and ADD
	Text    string   // the rest of any other, as written
	Doc     []string // lines of an inline document; of COPY it is the source

	Name   string // of ENV and ARG
	Value  string // of ENV and ARG, as written
	Valued bool   // an ARG with a default

	// Makes are paths that are sure to be there when it has run.
	Makes []string
	// Varies says that its output is another one each time.
	Varies bool
	// Fails says that it was put there to fail.
	Fails bool
}

// Place is where files come from; the zero value is the build context.
type Place struct {
	Stage int
	Image string
	Extra bool
}

// IsContext says that the files come from the build context.
func (p Place) IsContext() bool { return p == Place{} }

// Mount is a mount of RUN.
type Mount struct {
	Kind    string // "bind", "cache", "secret", "tmpfs"
	From    Place  // of a bind mount
	Source  string // of a bind mount; "" for all
	Target  string
	Options string // ",required=true"
}

func (i *Instruction) clone() *Instruction {
	c := *i
	c.Flags, c.Mounts, c.Sources = slices.Clone(i.Flags), slices.Clone(i.Mounts), slices.Clone(i.Sources)
	c.Doc, c.Makes = slices.Clone(i.Doc), slices.Clone(i.Makes)
	return &c
}

func cloneAll(list []*Instruction) []*Instruction {
	var out []*Instruction
	for _, i := range list {
		out = append(out, i.clone())
	}
	return out
}

func (d Dockerfile) clone() Dockerfile {
	out := Dockerfile{Globals: cloneAll(d.Globals), Backtick: d.Backtick}
	for _, s := range d.Stages {
		c := *s
		c.From, c.Steps = s.From.clone(), cloneAll(s.Steps)
		out.Stages = append(out.Stages, &c)
	}
	return out
}

// stage returns the stage with this identity and its place, nil if it is gone.
func (d Dockerfile) stage(id int) (*Stage, int) {
	n := slices.IndexFunc(d.Stages, func(s *Stage) bool { return s.ID == id })
	if n < 0 {
		return nil, -1
	}
	return d.Stages[n], n
}

// reference is how the file names a stage.
func (d Dockerfile) reference(id int) string {
	s, n := d.stage(id)
	if s == nil {
		return "gone"
	}
	if s.Name != "" {
		return s.Name
	}
	return fmt.Sprint(n)
}

// StageName is what reports and options call a stage.
func (d Dockerfile) StageName(id int) string {
	s, n := d.stage(id)
	switch {
	case s == nil:
		return ""
	case s.Name != "":
		return s.Name
	}
	return fmt.Sprint(n)
}

// lines says on which line each instruction begins.
type lines map[*Instruction]int

// Text returns the Dockerfile.
func (d Dockerfile) Text() string {
	text, _ := d.render()
	return text
}

func (d Dockerfile) render() (string, lines) {
	var b strings.Builder
	at, line := lines{}, 1
	write := func(i *Instruction, text string) {
		at[i] = line
		b.WriteString(text + "\n")
		line += strings.Count(text, "\n") + 1
	}
	if d.Backtick {
		b.WriteString("# escape=`\n")
		line++
	}
	for _, g := range d.Globals {
		write(g, d.text(g))
	}
	for _, s := range d.Stages {
		write(s.From, d.from(s))
		for _, i := range s.Steps {
			write(i, d.text(i))
		}
	}
	return b.String(), at
}

func (d Dockerfile) from(s *Stage) string {
	text := "FROM "
	if s.Platform != "" {
		text += "--platform=" + s.Platform + " "
	}
	switch {
	case s.Base.Scratch:
		text += "scratch"
	case s.Base.Argument != "":
		text += "${" + s.Base.Argument + "}"
	case s.Base.Image != "":
		text += s.Base.Image
	default:
		text += d.reference(s.Base.Stage)
	}
	if s.Name != "" {
		text += " AS " + s.Name
	}
	return text
}

func (d Dockerfile) place(p Place) string {
	switch {
	case p.Extra:
		return "extra"
	case p.Image != "":
		return p.Image
	case p.Stage != 0:
		return d.reference(p.Stage)
	}
	return ""
}

// text is an instruction as it stands in the file.
func (d Dockerfile) text(i *Instruction) string {
	words := []string{i.Keyword}
	if i.OnBuild {
		words = []string{"ONBUILD", i.Keyword}
	}
	if from := d.place(i.From); from != "" {
		words = append(words, "--from="+from)
	}
	words = append(words, i.Flags...)
	for _, m := range i.Mounts {
		words = append(words, d.mount(m))
	}
	switch i.Keyword {
	case "COPY", "ADD":
		if len(i.Doc) > 0 {
			return strings.Join(append(words, "<<doc", i.Dest), " ") + "\n" + strings.Join(i.Doc, "\n") + "\ndoc"
		}
		words = append(append(words, i.Sources...), i.Dest)
	case "ENV":
		words = append(words, i.Name+"="+i.Value)
	case "ARG":
		text := i.Name
		if i.Valued {
			text += "=" + i.Value
		}
		words = append(words, text)
	case "RUN":
		if len(i.Doc) > 0 {
			return strings.Join(append(words, "<<doc"), " ") + "\n" + strings.Join(i.Doc, "\n") + "\ndoc"
		}
		words = append(words, i.Text)
	default:
		words = append(words, i.Text)
	}
	return strings.Join(words, " ")
}

func (d Dockerfile) mount(m Mount) string {
	text := "--mount=type=" + m.Kind
	if m.Target != "" {
		text += ",target=" + m.Target
	}
	if from := d.place(m.From); from != "" {
		text += ",from=" + from
	}
	if m.Source != "" {
		text += ",source=" + m.Source
	}
	return text + m.Options
}
