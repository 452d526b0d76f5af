package plan

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/moby/buildkit/solver/pb"
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// mapper ties one platform's operations to the instructions of a file.
type mapper struct {
	build   *Build
	file    *dockerfile.File
	target  string
	opts    map[string]string // of the frontend
	configs map[string][]byte // image configs by familiar reference
	source  *pb.Source
	native  ocispecs.Platform

	scopes map[*dockerfile.Stage]*scope
	used   map[*dockerfile.Stage]bool
	reach  *reach
}

func (m *mapper) run() {
	m.reach = &reach{file: m.file, base: m.baseName, replaced: m.isReplaced, triggers: m.triggers}
	m.used = m.reach.from(m.target)
	m.makeSteps()
	m.attachLocated()
	m.attachSources()
	for _, s := range m.build.Steps {
		m.finish(s)
	}
}

// makeSteps lists every instruction with what is in scope for it.
func (m *mapper) makeSteps() {
	labels := map[string]int{}
	m.scopes = map[*dockerfile.Stage]*scope{}
	global := newScope(m.file.Escape, m.buildArgs(), m.defaultArgs())
	for _, in := range m.file.Global {
		m.addStep(&Step{Instruction: in, ID: fmt.Sprintf("%s - %d", m.build.Platform, in.Index)}, global)
		global.global(in)
	}
	for _, stage := range m.file.Stages {
		label := stage.Label
		if labels[label]++; labels[label] > 1 {
			label = fmt.Sprintf("%s#%d", label, stage.Index)
		}
		m.addStage(stage, label, global)
	}
}

func (m *mapper) addStage(stage *dockerfile.Stage, label string, global *scope) {
	var sc *scope
	if base := m.reach.baseStage(stage); base != nil && m.scopes[base] != nil {
		sc = m.scopes[base].inherit()
	} else {
		sc = global.stage(m.baseConfig(stage).Config.Env)
	}
	m.scopes[stage] = sc
	id := func(n string) string { return m.build.Platform + " " + label + " " + n }
	for _, in := range stage.Instructions {
		m.addStep(&Step{Stage: stage, StageLabel: label, Instruction: in, Unused: !m.used[stage], ID: id(fmt.Sprint(in.Index))}, sc)
		sc.apply(in)
		if in.From == nil {
			continue
		}
		for i, trigger := range m.triggers(stage) {
			m.addStep(&Step{Stage: stage, StageLabel: label, Instruction: trigger, Trigger: true, Unused: !m.used[stage],
				Line: in.Line, EndLine: in.EndLine, ID: id(fmt.Sprintf("%d.%d", in.Index, i+1))}, sc)
			sc.apply(trigger)
		}
	}
}

func (m *mapper) addStep(s *Step, sc *scope) {
	s.Platform = m.build.Platform
	if s.Line == 0 {
		s.Line, s.EndLine = s.Instruction.Line, s.Instruction.EndLine
	}
	s.Effect = record.Effect(s.Instruction.Effect)
	s.Args, s.Env = sc.snapshot()
	m.build.Steps = append(m.build.Steps, s)
}

// attachLocated ties the vertices that BuildKit gave a place in the file.
func (m *mapper) attachLocated() {
	for _, v := range m.build.Vertices {
		for _, line := range m.lines(v) {
			if s := m.stepAt(line, v); s != nil {
				v.Located = true
				attach(s, v)
			}
		}
	}
}

func attach(s *Step, v *Vertex) {
	if slices.Contains(v.Steps, s) {
		return
	}
	v.Steps = append(v.Steps, s)
	s.Vertices = append(s.Vertices, v)
}

// lines returns the first line of each place of a vertex.
func (m *mapper) lines(v *Vertex) []int {
	if m.source == nil {
		return nil
	}
	var lines []int
	for _, l := range m.source.Locations[string(v.Digest)].GetLocations() {
		if l.SourceIndex != 0 || len(l.Ranges) == 0 {
			continue
		}
		first := l.Ranges[0].Start.Line
		for _, r := range l.Ranges {
			first = min(first, r.Start.Line)
		}
		lines = append(lines, int(first))
	}
	return lines
}

// stepAt returns the step on a line that a vertex was made for. Only a FROM
// shares its line with others, the triggers of its base.
func (m *mapper) stepAt(line int, v *Vertex) *Step {
	var on []*Step
	for _, s := range m.build.Steps {
		if s.Line <= line && line <= s.EndLine {
			on = append(on, s)
		}
	}
	if len(on) == 0 {
		return nil
	}
	name, isTrigger := strings.CutPrefix(afterPrefix(v.Name), "ONBUILD ")
	if !isTrigger {
		return on[0]
	}
	linked, isLink := strings.CutPrefix(name, "LINK ")
	for _, s := range on[1:] {
		if isLink && len(s.Vertices) > 0 && strings.HasSuffix(s.Vertices[0].Name, linked) {
			return s // the second operation of a linked copy
		}
		if !isLink && len(s.Vertices) == 0 && strings.HasPrefix(name, s.Instruction.Keyword) {
			return s
		}
	}
	return on[0]
}

var progressPrefix = regexp.MustCompile(`^\[[^\]]*\] `)

// afterPrefix drops "[build 2/4] " from a vertex name.
func afterPrefix(name string) string { return progressPrefix.ReplaceAllString(name, "") }

// attachSources ties vertices without a place to those that consume them: the
// context, inline documents, named contexts.
func (m *mapper) attachSources() {
	consumers := map[*Vertex][]*Vertex{}
	for _, v := range m.build.Vertices {
		for _, in := range v.Inputs {
			consumers[in] = append(consumers[in], v)
		}
	}
	for _, v := range slices.Backward(m.build.Vertices) {
		if v.Located {
			continue
		}
		if m.attachNamedBase(v) {
			continue
		}
		for _, c := range consumers[v] {
			for _, s := range c.Steps {
				if s.Effect != record.EffectBase {
					attach(s, v)
				}
			}
		}
	}
	if last := m.lastUsedFrom(); last != nil {
		for _, v := range m.build.Vertices {
			if len(v.Steps) == 0 { // nothing consumes it: it is the result
				attach(last, v)
			}
		}
	}
	order := map[*Vertex]int{}
	for i, v := range m.build.Vertices {
		order[v] = i
	}
	for _, s := range m.build.Steps {
		slices.SortFunc(s.Vertices, func(a, b *Vertex) int { return order[a] - order[b] })
	}
}

var namedContext = regexp.MustCompile(`^\[context ([^\]]+)\] `)

// attachNamedBase ties the source of a named context to each FROM that the
// context answers.
func (m *mapper) attachNamedBase(v *Vertex) bool {
	match := namedContext.FindStringSubmatch(v.Name)
	if match == nil || v.Op.GetSource() == nil {
		return false
	}
	name, _, _ := strings.Cut(match[1], "::")
	found := false
	for _, s := range m.build.Steps {
		if s.Instruction.From == nil || s.Unused {
			continue
		}
		base := strings.TrimSuffix(familiar(m.baseName(s.Stage)), ":latest")
		if base == name || m.isReplaced(s.Stage) && strings.EqualFold(s.Stage.Name, name) {
			attach(s, v)
			found = true
		}
	}
	return found
}

func (m *mapper) lastUsedFrom() *Step {
	for _, s := range slices.Backward(m.build.Steps) {
		if s.Instruction.From != nil && !s.Unused {
			return s
		}
	}
	return nil
}

// finish fills what follows from a step's vertices.
func (m *mapper) finish(s *Step) {
	if s.Instruction.Keyword == "WORKDIR" && len(s.Vertices) == 0 && !s.Unused {
		s.Effect = record.EffectMetadata // the folder is / or was never asked for
	}
	for _, v := range s.Vertices {
		if v.Located && s.Expanded == "" && s.decides(v) {
			s.Expanded = strings.TrimPrefix(afterPrefix(v.Name), "ONBUILD ")
			if s.Effect == record.EffectBase { // as people write it, without the digest
				s.Expanded = strings.Replace(s.Instruction.Summary(), s.Stage.Base, m.baseName(s.Stage), 1)
			}
		}
		for _, in := range v.Inputs {
			s.dependOn(in)
		}
	}
	s.Why = m.why(s)
}

func (s *Step) dependOn(v *Vertex) {
	if slices.Contains(v.Steps, s) {
		return
	}
	if owner := v.owner(s); owner != nil && !slices.Contains(s.DependsOn, owner) {
		s.DependsOn = append(s.DependsOn, owner)
	}
}

// owner returns the step that a consumer takes the vertex from: of those that
// share it, the one in the consumer's stage, else in a stage that the consumer
// names, else the first in the file.
func (v *Vertex) owner(consumer *Step) *Step {
	var first, named *Step
	for _, s := range v.Steps {
		if s.Stage == consumer.Stage {
			return s
		}
		if named == nil && s.isNamedBy(consumer.Instruction) {
			named = s
		}
		if first == nil || s.Line < first.Line {
			first = s
		}
	}
	if named != nil {
		return named
	}
	return first
}

// isNamedBy says that an instruction takes files from the step's stage.
func (s *Step) isNamedBy(in *dockerfile.Instruction) bool {
	return s.Stage != nil && slices.ContainsFunc(sources(in), func(name string) bool {
		return strings.EqualFold(name, s.Stage.Name) || name == strconv.Itoa(s.Stage.Index)
	})
}

func (m *mapper) why(s *Step) string {
	switch {
	case len(s.Vertices) > 0:
		return ""
	case s.Stage != nil && m.isReplaced(s.Stage):
		return "the build context " + s.Stage.Name + " replaces its stage"
	case s.Unused:
		return "the target does not need its stage"
	case s.Effect == record.EffectNone:
		return "it only declares a build argument"
	case s.Effect == record.EffectMetadata:
		return "it only changes the image's configuration"
	case s.Effect == record.EffectBase:
		if base := m.reach.baseStage(s.Stage); base != nil {
			return "its base is the stage " + base.Label
		}
		return "its base is empty"
	}
	return "the target does not need its result"
}

func (m *mapper) baseName(stage *dockerfile.Stage) string {
	sc := newScope(m.file.Escape, m.buildArgs(), m.defaultArgs())
	for _, in := range m.file.Global {
		sc.global(in)
	}
	return sc.expand(stage.Base)
}

// isReplaced says that a named context answers for a stage of that name.
func (m *mapper) isReplaced(stage *dockerfile.Stage) bool {
	if stage.Name == "" {
		return false
	}
	name := strings.ToLower(stage.Name)
	_, any := m.opts["context:"+name]
	_, platform := m.opts["context:"+name+"::"+m.build.Platform]
	return any || platform
}

// baseConfig returns the config of the image that a stage starts from, empty
// where it is not known.
func (m *mapper) baseConfig(stage *dockerfile.Stage) dockerspec.DockerOCIImage {
	var img dockerspec.DockerOCIImage
	if dt := m.configs[familiar(m.baseName(stage))]; dt != nil {
		if json.Unmarshal(dt, &img) != nil {
			return dockerspec.DockerOCIImage{}
		}
	}
	return img
}

// triggers returns the ONBUILD instructions that a stage's base brings with it:
// those of an image's config, or of a stage of this file.
func (m *mapper) triggers(stage *dockerfile.Stage) []*dockerfile.Instruction {
	var triggers []*dockerfile.Instruction
	if base := m.reach.baseStage(stage); base != nil {
		for _, in := range base.Instructions {
			if in.Trigger != nil && in.Trigger.Command != nil {
				triggers = append(triggers, in.Trigger)
			}
		}
		return triggers
	}
	for _, text := range m.baseConfig(stage).Config.OnBuild {
		f, err := dockerfile.Parse("ONBUILD", []byte("FROM scratch\n"+text))
		if err == nil && len(f.Stages[0].Instructions) == 2 {
			triggers = append(triggers, f.Stages[0].Instructions[1])
		}
	}
	return triggers
}

func (m *mapper) buildArgs() map[string]string {
	args := map[string]string{}
	for k, v := range m.opts {
		if name, ok := strings.CutPrefix(k, "build-arg:"); ok {
			args[name] = v
		}
	}
	return args
}
