package mutate

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// Step is a FROM of an image, or an instruction that makes a layer, with all
// that decides whether it can be reused.
type Step struct {
	Key     string // stays through edits
	Stage   int
	Line    int // of a trigger, that of the FROM that runs it
	Trigger int // which one of that FROM, from 1; 0 for an ordinary instruction
	Keyword string
	Varies  bool

	// Own is what its text asks for, with stages by their identity, so that one
	// that was renamed is the same.
	Own string
	// Doc is the inline document that it copies, Script the one that it runs, as
	// written.
	Doc, Script string
	// Vars are the variables that enter it, by name.
	Vars map[string]string
	// Order has the names of a RUN's variables in the order in which they were set
	// last.
	Order []string
	// State is what it inherits: "cwd", "user", "shell", "network", "platform", and
	// "epoch", "hostname", "space" of the arguments that the frontend reads itself.
	State map[string]string
	// Files are those that it takes from build contexts; where Exact is false it
	// may take fewer.
	Files map[string]Node
	Exact bool
	// Image is what the reference of a FROM resolves to, or stands for the files
	// that another step takes from an image; Digest is what that resolves to.
	Image, Digest string
	// On is the key of the step that it stands on, "" for none; Reads are the
	// stages that it takes files from, by the key of their last step.
	On    string
	Reads []string
	// BaseArgument says that a build argument chooses what the step stands on.
	BaseArgument bool

	deep string // a hash of all that it depends on
}

// Steps returns what the file's instructions depend on, by their keys, and the
// keys in order.
func (w *World) Steps() (map[string]*Step, []string) {
	m := &model{World: w, visible: w.visible(), steps: map[string]*Step{}, ends: map[int]*scope{}}
	_, m.lines = w.File.render()
	for _, s := range w.File.Stages {
		m.stage(s)
	}
	return m.steps, m.order
}

// model evaluates a world.
type model struct {
	*World
	lines   lines
	visible Tree
	steps   map[string]*Step
	order   []string
	ends    map[int]*scope // of stages
}

// scope is what an instruction finds.
type scope struct {
	env, args        map[string]string
	order            []string // of both, the one that was set last at the end
	cwd, user, shell string
	platform         string
	on               string // the key of the step above
	triggers         []*Instruction
	switched         bool // what comes next stands where an argument says
}

// sets notes that a variable was set.
func (sc *scope) sets(name string) {
	sc.order = append(slices.DeleteFunc(slices.Clone(sc.order), func(o string) bool { return o == name }), name)
}

func (m *model) stage(s *Stage) {
	sc := &scope{env: map[string]string{}, args: map[string]string{}, cwd: "/", platform: s.Platform}
	base := m.base(s)
	var triggers []*Instruction
	switch {
	case s.Base.Scratch:
	case base != nil:
		end := m.ends[base.ID]
		*sc = *end
		sc.env, sc.args, triggers = maps.Clone(end.env), maps.Clone(end.args), end.triggers
		sc.triggers, sc.switched = nil, s.Base.Argument != ""
	default:
		maps.Copy(sc.env, m.Image.Env)
		triggers = m.Image.OnBuild
		ref := s.Base.Image
		if s.Base.Argument != "" {
			ref = m.global(s.Base.Argument)
		}
		st := &Step{Key: key(s, s.From), Stage: s.ID, Line: m.lines[s.From], Keyword: "FROM", Own: ref + " " + s.Platform, Image: m.image(), Exact: true}
		st.BaseArgument = s.Base.Argument != ""
		m.add(st, "")
		sc.on = st.Key
	}
	for n, i := range triggers {
		m.instruction(s, i, sc, n+1)
	}
	for _, i := range s.Steps {
		if i.OnBuild {
			sc.triggers = append(slices.Clone(sc.triggers), i)
			continue
		}
		m.instruction(s, i, sc, 0)
	}
	m.ends[s.ID] = sc
}

func key(s *Stage, i *Instruction) string { return fmt.Sprintf("%d/%d", s.ID, i.ID) }

// image identifies the digest behind every reference.
func (m *model) image() string {
	var triggers []string
	for _, i := range m.Image.OnBuild {
		triggers = append(triggers, m.File.text(i))
	}
	return fmt.Sprint(m.Salt, m.Image.Version, m.Image.Release, m.Image.Env, triggers)
}

func (m *model) instruction(s *Stage, i *Instruction, sc *scope, trigger int) {
	expand := func(text string) string { return substitute(text, sc) }
	switch i.Keyword {
	case "ENV":
		sc.env[i.Name] = expand(i.Value)
		sc.sets(i.Name)
		return
	case "ARG":
		if v, ok := m.argument(i, expand); ok {
			sc.args[i.Name] = v
			sc.sets(i.Name)
		}
		return
	case "USER":
		sc.user = expand(i.Text)
		return
	case "SHELL":
		sc.shell = i.Text
		return
	case "RUN", "COPY", "ADD", "WORKDIR":
	default:
		return
	}
	st := &Step{Key: key(s, i), Stage: s.ID, Line: m.lines[i], Keyword: i.Keyword, Varies: i.Varies, Exact: true,
		State: map[string]string{}, Vars: map[string]string{}, Files: map[string]Node{}, On: sc.on, BaseArgument: sc.switched}
	if trigger > 0 {
		st.Key, st.Line, st.Trigger = st.Key+"/"+fmt.Sprint(trigger), m.lines[s.From], trigger
	}
	st.Own = m.own(i)
	switch i.Keyword {
	case "RUN":
		m.run(st, i, sc)
	case "WORKDIR":
		mention(st, i.Text, sc)
		if dir := expand(i.Text); path.IsAbs(dir) {
			sc.cwd = path.Clean(dir)
		} else {
			st.State["cwd"] = sc.cwd
			sc.cwd = path.Join(sc.cwd, dir)
		}
		st.State["user"], st.State["epoch"] = sc.user, m.epoch()
	default:
		m.copy(st, i, sc)
	}
	m.add(st, sc.on)
	sc.on, sc.switched = st.Key, false
}

// own is the text of an instruction with stages by their identity.
func (m *model) own(i *Instruction) string {
	c := i.clone()
	doc := c.Doc
	c.Doc = nil
	if i.Keyword == "RUN" && len(doc) > 0 && !strings.HasPrefix(doc[0], "#!") {
		c.Text += strings.Join(doc, "\n")
	}
	anonymous := Dockerfile{}
	for _, s := range m.File.Stages {
		anonymous.Stages = append(anonymous.Stages, &Stage{ID: s.ID, Name: fmt.Sprintf("<%d>", s.ID)})
	}
	return anonymous.text(c)
}

func (m *model) argument(i *Instruction, expand func(string) string) (string, bool) {
	if v, ok := m.Args[i.Name]; ok {
		return v, true
	}
	if i.Valued {
		return expand(i.Value), true
	}
	for _, g := range m.File.Globals {
		if g.Name == i.Name {
			return g.Value, true
		}
	}
	return "", i.Name == "TARGETARCH" // which the frontend sets, to the same for all that is compared
}

// epoch is what SOURCE_DATE_EPOCH stands for, on the command line or in the file.
func (m *model) epoch() string {
	if v, ok := m.Args[epoch]; ok {
		return v
	}
	return m.global(epoch)
}

func (m *model) run(st *Step, i *Instruction, sc *scope) {
	maps.Copy(st.Vars, sc.args)
	maps.Copy(st.Vars, sc.env)
	st.Order = sc.order
	st.State["hostname"] = m.Args["BUILDKIT_SANDBOX_HOSTNAME"]
	if slices.ContainsFunc(i.Mounts, func(o Mount) bool { return o.Kind == "cache" && o.Options == "" }) {
		st.State["space"] = m.Args["BUILDKIT_CACHE_MOUNT_NS"]
	}
	st.State["cwd"], st.State["user"], st.State["platform"] = sc.cwd, sc.user, sc.platform
	if !strings.HasPrefix(i.Text, "[") {
		st.State["shell"] = sc.shell
	}
	if m.Network != "" && !slices.Contains(i.Flags, "--network=none") {
		st.State["network"] = m.Network
	}
	if len(m.Hosts) > 0 {
		st.State["hosts"] = strings.Join(m.Hosts, " ")
	}
	if len(i.Doc) > 0 && strings.HasPrefix(i.Doc[0], "#!") { // a file that is mounted
		st.Script = strings.Join(i.Doc, "\n")
	}
	for _, mount := range i.Mounts {
		if mount.Kind == "bind" {
			m.take(st, mount.From, mount.Source)
		}
	}
}

func (m *model) copy(st *Step, i *Instruction, sc *scope) {
	mention(st, strings.Join(append(append(append([]string{i.Dest}, i.Sources...), i.Flags...), i.Doc...), " "), sc)
	if !path.IsAbs(i.Dest) {
		st.State["cwd"] = sc.cwd
	}
	if st.Doc = strings.Join(i.Doc, "\n"); st.Doc != "" {
		return
	}
	for _, src := range i.Sources {
		m.take(st, i.From, substitute(src, sc))
	}
	for _, f := range i.Flags {
		if pattern, ok := strings.CutPrefix(f, "--exclude="); ok {
			for name := range st.Files {
				if matches(pattern, path.Base(name)) {
					delete(st.Files, name)
				}
			}
		}
	}
}

// take notes the files that a step takes from a place.
func (m *model) take(st *Step, from Place, source string) {
	switch {
	case from.Image != "":
		st.Digest = m.image()
		if source == "/etc" || source == "/etc/release" { // what else can be asked for never changes
			st.Image = fmt.Sprint("release ", m.Image.Release)
		}
	case from.Extra:
		for name, n := range selected(m.Extra, source) {
			st.Files["extra:"+name] = n
		}
	case from.Stage != 0:
		if end, ok := m.ends[from.Stage]; ok && end.on != "" {
			st.Reads = append(st.Reads, end.on)
		}
	default:
		maps.Copy(st.Files, selected(m.visible, source))
	}
}

func (m *model) add(st *Step, on string) {
	h := sha256.New()
	fmt.Fprint(h, st.Own, st.Doc, st.Script, st.Vars, st.Order, st.State, st.Files, st.Image)
	for _, k := range append([]string{on}, st.Reads...) {
		if s := m.steps[k]; s != nil {
			fmt.Fprint(h, s.deep)
		}
	}
	st.deep = string(h.Sum(nil))
	m.steps[st.Key] = st
	m.order = append(m.order, st.Key)
}
