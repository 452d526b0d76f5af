package explain

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"maps"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/layerwise/layerwise/analyzer/record"
)

// world is an engine with a cache, just like enough to BuildKit: it reuses by
// identity where it can, else by content, and does not compute a content that it
// has no need for. Its Dockerfiles know few instructions:
//
//	RUN make FILE    writes FILE, another one for another key
//	RUN const FILE   always writes the same
//	RUN random FILE  writes another one each time
//	RUN fail         fails
type world struct {
	cache  map[string]map[string]string // output files by chain key
	images map[string]string            // digest by name
	remote map[string]string            // checksum by URL
	runs   int
}

func newWorld() *world {
	return &world{cache: map[string]map[string]string{}, images: map[string]string{}, remote: map[string]string{}}
}

// job is one build.
type job struct {
	file     string
	context  map[string]string // content by path; "755:text" has a mode, "->x" is a link
	args     map[string]string
	noCache  string // stages, or "*"
	platform string
	target   string
	engine   string // the engine's cache id
	imports  bool
	keyless  bool // the engine tells no keys
}

// made is what a stage has come to.
type made struct {
	step  string // id of the step that made it last
	key   string // its chain key
	files map[string]string
	env   map[string]string
	args  map[string]string
	cwd   string
	user  string
	shell []string
}

// building is the state of one build.
type building struct {
	*world
	job
	rec     *record.Record
	stages  map[string]*made
	globals map[string]string
	needed  map[string]bool
	keys    map[string]string // chain key by step id
	failed  bool
}

func (w *world) build(j job) *record.Record {
	j.platform = cmp.Or(j.platform, "linux/amd64")
	b := &building{world: w, job: j, stages: map[string]*made{}, globals: map[string]string{}, keys: map[string]string{}}
	w.runs++
	b.rec = &record.Record{ID: fmt.Sprint("build ", w.runs), BuildArgs: j.args, CacheImports: j.imports, Engine: record.Engine{CacheID: j.engine},
		Trees: map[string]record.Tree{"context": treeOf(j.context)}}
	b.findNeeded()
	var m *made
	stage, index, n := "", -1, 0
	lines := strings.Split(strings.TrimSpace(j.file), "\n")
	for number := 0; number < len(lines); number++ {
		text, first := strings.TrimSpace(lines[number]), number
		for strings.HasSuffix(text, `\`) || strings.HasPrefix(lines[number], "#") {
			number++
			text += "\n" + lines[number]
		}
		keyword, rest, _ := strings.Cut(onOneLine(text), " ")
		if keyword == "FROM" {
			index, n = index+1, 0
			stage = stageLabel(rest, index)
		}
		step := record.Step{ID: fmt.Sprintf("%s %s %d", j.platform, cmp.Or(stage, "-"), n), Platform: j.platform, Stage: stage, StageIndex: index,
			Instruction: keyword, Text: text, Line: first + 1, EndLine: number + 1, Outcome: record.None}
		n++
		if m != nil && keyword != "FROM" {
			step.Args, step.Env = maps.Clone(m.args), maps.Clone(m.env)
		}
		if index >= 0 && !b.needed[stage] {
			step.Outcome = record.Unused
		} else {
			m = b.dispatch(&step, m, keyword, rest)
		}
		if index >= 0 {
			b.stages[stage] = m
		}
		b.rec.Steps = append(b.rec.Steps, step)
	}
	read(b.rec)
	return b.rec
}

// onOneLine is an instruction on one line.
func onOneLine(text string) string {
	var words []string
	for l := range strings.SplitSeq(text, "\n") {
		if !strings.HasPrefix(l, "#") {
			words = append(words, strings.Fields(strings.TrimSuffix(l, `\`))...)
		}
	}
	return strings.Join(words, " ")
}

// substitute replaces variables, with what stands for those that are not set.
func substitute(text string, vars map[string]string) string {
	return os.Expand(text, func(name string) string {
		name, otherwise, _ := strings.Cut(name, ":-")
		if v, ok := vars[name]; ok {
			return v
		}
		return otherwise
	})
}

func stageLabel(rest string, index int) string {
	if _, name, ok := strings.Cut(rest, " AS "); ok {
		return name
	}
	return fmt.Sprintf("stage-%d", index)
}

// findNeeded walks from the last stage, or the target, to those that it needs.
func (b *building) findNeeded() {
	needs, stage, index := map[string][]string{}, "", -1
	vars := map[string]string{}
	for l := range strings.SplitSeq(b.file, "\n") {
		keyword, rest, _ := strings.Cut(strings.TrimSpace(l), " ")
		if name, value, ok := strings.Cut(rest, "="); ok && keyword == "ARG" && index < 0 {
			vars[name] = cmp.Or(b.args[name], value)
		}
		if keyword == "FROM" {
			index++
			stage = stageLabel(rest, index)
			needs[stage] = append(needs[stage], substitute(strings.Fields(rest)[0], vars))
		}
		for _, w := range strings.Fields(rest) {
			if from, ok := strings.CutPrefix(w, "--from="); ok {
				needs[stage] = append(needs[stage], from)
			}
		}
	}
	b.needed = map[string]bool{}
	var visit func(string)
	visit = func(s string) {
		if !b.needed[s] {
			b.needed[s] = true
			for _, n := range needs[s] {
				visit(n)
			}
		}
	}
	visit(cmp.Or(b.target, stage))
}

func (b *building) expand(text string, m *made) string {
	vars := maps.Clone(b.globals)
	if m != nil {
		vars = maps.Clone(m.args)
		maps.Copy(vars, m.env)
	}
	return substitute(text, vars)
}

func (b *building) dispatch(step *record.Step, m *made, keyword, rest string) *made {
	switch keyword {
	case "FROM":
		return b.from(step, rest)
	case "ARG":
		args := b.globals
		if m != nil && step.StageIndex >= 0 {
			args = m.args
		}
		name, value, set := strings.Cut(rest, "=")
		if v, ok := b.args[name]; ok {
			args[name] = v
		} else if set {
			args[name] = b.expand(value, m)
		} else if v, ok := b.globals[name]; ok {
			args[name] = v
		}
	case "ENV":
		for _, w := range strings.Fields(rest) {
			name, value, _ := strings.Cut(w, "=")
			m.env[name] = b.expand(value, m)
		}
	case "USER":
		m.user = b.expand(rest, m)
	case "SHELL":
		m.shell = strings.FieldsFunc(rest, func(r rune) bool { return strings.ContainsRune(`[," ]`, r) })
	case "WORKDIR":
		m.cwd = path.Join(m.cwd, b.expand(rest, m))
		if path.IsAbs(rest) {
			m.cwd = b.expand(rest, m)
		}
		step.Expanded = "WORKDIR " + b.expand(rest, m)
		b.run(step, m, record.Vertex{Op: record.Op{Kind: "file", Fields: map[string]string{"actions": "mkdir " + m.cwd}}}, nil)
	case "RUN":
		b.exec(step, m, rest)
	case "COPY", "ADD":
		b.copy(step, m, rest)
	}
	return m
}

func (b *building) from(step *record.Step, rest string) *made {
	step.Effect = record.EffectBase
	name := b.expand(strings.Fields(rest)[0], nil)
	if s, ok := b.stages[name]; ok && s != nil {
		c := *s
		c.env, c.args, c.files = maps.Clone(s.env), maps.Clone(s.args), maps.Clone(s.files)
		return &c
	}
	m := &made{env: map[string]string{}, args: map[string]string{}, files: map[string]string{}, cwd: "/", shell: []string{"/bin/sh", "-c"}}
	if name == "scratch" {
		return m
	}
	digest := cmp.Or(b.images[name], "sha256:"+hash(name))
	if strings.HasSuffix(digest, "+env") {
		m.env["FROM_BASE"] = digest
	}
	step.Expanded = "FROM " + name + "@" + digest
	v := record.Vertex{Pin: digest, Op: record.Op{Kind: "source", Fields: map[string]string{"identifier": "docker-image://" + name + "@" + digest, "platform": b.platform}}}
	b.run(step, m, v, map[string]string{"/bin/sh": digest})
	return m
}

func (b *building) exec(step *record.Step, m *made, command string) {
	env := maps.Clone(m.args)
	maps.Copy(env, m.env)
	v := record.Vertex{Op: record.Op{Kind: "exec", Env: env, Fields: map[string]string{
		"args": fmt.Sprintf(`["%s"]`, strings.Join(append(slices.Clone(m.shell), command), `","`)), "cwd": m.cwd, "user": m.user, "platform": b.platform}}}
	b.run(step, m, v, nil)
}

func (b *building) copy(step *record.Step, m *made, rest string) {
	in := record.Input{Source: "context", Tree: "context", Hashed: true}
	var src *made
	var names []string
	for _, w := range strings.Fields(b.expand(rest, m)) {
		if from, ok := strings.CutPrefix(w, "--from="); ok {
			if src = b.stages[from]; src != nil {
				in = record.Input{Step: src.step, Hashed: true}
			} else {
				d := cmp.Or(b.images[from], "sha256:"+hash(from))
				in = record.Input{Source: "docker-image://" + from + "@" + d, Hashed: true, Content: "sha256:" + hash(d)}
			}
			continue
		}
		names = append(names, w)
	}
	dest := path.Join(m.cwd, names[len(names)-1])
	if path.IsAbs(names[len(names)-1]) {
		dest = names[len(names)-1]
	}
	var actions []string
	for _, n := range names[:len(names)-1] {
		in.Selectors = append(in.Selectors, record.Selector{Path: "/" + strings.Trim(n, "./")})
		actions = append(actions, "copy "+path.Base(n)+" "+dest)
	}
	step.Expanded = step.Instruction + " " + b.expand(rest, m)
	v := record.Vertex{Op: record.Op{Kind: "file", Fields: map[string]string{"actions": strings.Join(actions, "\n")}}}
	files := map[string]string{}
	switch {
	case strings.Contains(names[0], "://"):
		in = record.Input{Source: names[0], Hashed: true, Content: "sha256:" + b.remote[names[0]]}
		step.Vertices = append(step.Vertices, record.Vertex{Pin: in.Content, Op: record.Op{Kind: "source", Fields: map[string]string{"identifier": names[0]}}})
	case strings.HasPrefix(in.Source, "docker-image"):
		step.Vertices = append(step.Vertices, record.Vertex{Op: record.Op{Kind: "source", Fields: map[string]string{"identifier": in.Source}}})
	case src == nil:
		for _, f := range record.Select(b.rec.Trees["context"], in.Selectors) {
			files["/"+f.Path] = f.Digest + fmt.Sprint(f.Mode, f.Target)
		}
		in.Content = "sha256:" + hash(fmt.Sprint(files))
	default:
		for name, d := range src.files {
			for _, s := range in.Selectors {
				if name == s.Path || strings.HasPrefix(name, s.Path+"/") {
					files[name] = d
				}
			}
		}
		in.Files, in.Content = files, "sha256:"+hash(fmt.Sprint(files))
	}
	v.Inputs = []record.Input{in}
	out := map[string]string{}
	for name, d := range files {
		out[path.Join(dest, path.Base(name))] = d
	}
	b.run(step, m, v, out)
}

// run decides whether a vertex on top of m is reused, and moves m on.
func (b *building) run(step *record.Step, m *made, v record.Vertex, files map[string]string) {
	if v.Op.Kind != "source" {
		base := record.Input{Step: m.step}
		if m.step == "" {
			base = record.Input{Source: record.SourceScratch}
		}
		v.Inputs = append([]record.Input{base}, v.Inputs...)
	}
	v.Digest = hash(fmt.Sprint(b.runs, step.ID))
	v.NoCache = b.noCache == "*" || b.noCache != "" && b.noCache == step.Stage
	own := hash(fmt.Sprint(v.Op, v.Pin))
	fast, slow := own+m.key, own+m.key
	for k := range v.Inputs[min(1, len(v.Inputs)):] {
		in := &v.Inputs[k+1]
		slow += in.Content
		if in.Step != "" {
			fast += b.keys[in.Step] + fmt.Sprint(in.Selectors)
		} else {
			fast += in.Content
		}
	}
	fast, slow = hash("fast"+fast), hash("slow"+slow)
	byFast, inFast := b.cache[fast]
	bySlow, inSlow := b.cache[slow]
	step.Seconds = 0
	switch {
	case b.failed:
		step.Outcome = record.NotRun
	case inFast && !v.NoCache:
		step.Outcome, files = record.Hit, byFast
		for k := range v.Inputs {
			if v.Inputs[k].Step != "" {
				v.Inputs[k].Content, v.Inputs[k].Files = "", nil
			}
		}
	case inSlow && !v.NoCache:
		step.Outcome, files = record.Hit, bySlow
		b.cache[fast] = bySlow
	case strings.HasSuffix(step.Text, "RUN fail"):
		step.Outcome, step.Seconds, v.Ran = record.StepFailed, 1, true
	default:
		step.Outcome, step.Seconds, v.Ran, v.Done = record.Miss, 1, true, true
		one := 1.0
		step.LastRunSeconds = &one
		files = b.output(step.Text, slow, files)
		b.cache[fast], b.cache[slow] = files, files
	}
	v.Key = "sha256:" + own
	if b.failed || b.keyless {
		v.Key = ""
	}
	if b.keyless {
		v.Pin = ""
		for k := range v.Inputs {
			if v.Inputs[k].Step != "" {
				v.Inputs[k].Content, v.Inputs[k].Files = "", nil
			}
		}
	}
	step.Vertices = append(step.Vertices, v)
	b.failed = b.failed || step.Outcome == record.StepFailed
	maps.Copy(m.files, files)
	m.key, m.step = slow, step.ID
	b.keys[step.ID] = m.key
}

// output is what a command leaves behind.
func (b *building) output(text, key string, copied map[string]string) map[string]string {
	f := strings.Fields(text)
	if f[0] != "RUN" || len(f) < 3 {
		return copied
	}
	switch f[1] {
	case "make":
		return map[string]string{f[2]: hash(key)}
	case "const":
		return map[string]string{f[2]: hash("const")}
	case "random":
		return map[string]string{f[2]: hash(fmt.Sprint(b.runs))}
	}
	return nil
}

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return fmt.Sprintf("%x", sum[:8])
}

// treeOf scans a context: "755:text" has a mode, "->x" is a link.
func treeOf(context map[string]string) record.Tree {
	var t record.Tree
	for name, text := range context {
		f := record.File{Path: name, Type: "file", Mode: 0o644, Size: int64(len(text))}
		if target, ok := strings.CutPrefix(text, "->"); ok {
			f.Type, f.Target, f.Size = "symlink", target, 0
		}
		if rest, ok := strings.CutPrefix(text, "755:"); ok {
			f.Mode, f.Size = 0o755, int64(len(rest))
			text = rest
		}
		f.Digest = hash(fmt.Sprint(f.Mode, text))
		t = append(t, f)
		if dir := path.Dir(name); dir != "." && !slices.ContainsFunc(t, func(f record.File) bool { return f.Path == dir }) {
			t = append(t, record.File{Path: dir, Type: "dir", Mode: 0o755})
		}
	}
	slices.SortFunc(t, func(a, b record.File) int { return cmp.Compare(a.Path, b.Path) })
	return t
}
