package plan

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/containerd/platforms"
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
	configs map[imageOf][]byte
	source  *pb.Source
	native  ocispecs.Platform

	scopes map[*dockerfile.Stage]*scope
	used   map[*dockerfile.Stage]bool
	reach  *reach
	bases  map[*dockerfile.Stage]string // what baseName has found
}

func (m *mapper) run() {
	m.reach = &reach{file: m.file, base: m.baseName, replaced: m.isReplaced, triggers: m.triggers}
	m.used = m.reach.from(m.target)
	m.build.imageStages = m.reach.image(m.target)
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
		from := m.build.Steps[len(m.build.Steps)-1]
		from.Mentions, from.Unset = global.mentions(in) // FROM sees nothing of its stage
		for i, trigger := range m.triggers(stage) {
			m.addStep(&Step{Stage: stage, StageLabel: label, Instruction: trigger, Trigger: true, Unused: !m.used[stage],
				Line: in.Line, EndLine: in.EndLine, ID: id(fmt.Sprintf("%d.%d", in.Index, i+1))}, sc)
			sc.apply(trigger)
		}
	}
	args, env := sc.snapshot()
	m.build.Scopes = append(m.build.Scopes, args, env)
}

func (m *mapper) addStep(s *Step, sc *scope) {
	s.Platform = m.build.Platform
	if s.Line == 0 {
		s.Line, s.EndLine = s.Instruction.Line, s.Instruction.EndLine
	}
	s.Effect = record.Effect(s.Instruction.Effect)
	s.Mentions, s.Unset = sc.mentions(s.Instruction)
	switch s.Effect {
	case record.EffectMetadata, record.EffectNone:
		s.Args, s.Env = sc.mentioned(s.Instruction.Text)
	default:
		s.Args, s.Env = sc.snapshot()
	}
	m.build.Steps = append(m.build.Steps, s)
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
	owner := v.baseFor(s)
	if owner == nil && !slices.Contains(v.Steps, s) {
		owner = v.owner(s)
	}
	if owner != nil && !slices.Contains(s.DependsOn, owner) {
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
		if m.namedBase(s.Stage) {
			return "the build context " + m.baseName(s.Stage) + " is its base"
		}
		return "its base is empty"
	}
	return "the target does not need its result"
}

func (m *mapper) baseName(stage *dockerfile.Stage) string {
	if name, ok := m.bases[stage]; ok {
		return name
	}
	if m.bases == nil {
		m.bases = map[*dockerfile.Stage]string{}
	}
	m.bases[stage] = m.expandGlobal(stage.Base)
	return m.bases[stage]
}

func (m *mapper) expandGlobal(word string) string {
	sc := newScope(m.file.Escape, m.buildArgs(), m.defaultArgs())
	for _, in := range m.file.Global {
		sc.global(in)
	}
	return sc.expand(word)
}

// namedBase says that a named context answers for what a FROM names.
func (m *mapper) namedBase(stage *dockerfile.Stage) bool {
	name := strings.TrimSuffix(familiar(m.baseName(stage)), ":latest")
	_, any := m.opts["context:"+name]
	_, platform := m.opts["context:"+name+"::"+m.build.Platform]
	return any || platform
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

// basePlatform is the one for which the image that a stage starts from is resolved.
func (m *mapper) basePlatform(stage *dockerfile.Stage) ocispecs.Platform {
	written := m.build.Platform
	if stage.Platform != "" {
		written = m.expandGlobal(stage.Platform)
	}
	p, err := platforms.Parse(written)
	if err != nil { // the frontend says so
		return m.native
	}
	return p
}

// baseConfig returns the config of the image that a stage starts from, empty
// where it is not known.
func (m *mapper) baseConfig(stage *dockerfile.Stage) dockerspec.DockerOCIImage {
	var img dockerspec.DockerOCIImage
	if dt := m.configs[newImageOf(m.baseName(stage), m.basePlatform(stage))]; dt != nil {
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
