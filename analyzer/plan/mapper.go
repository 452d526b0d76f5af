package plan

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/containerd/platforms"
	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/dockerfile/scope"
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

	scopes *scope.Scopes
	used   map[*dockerfile.Stage]bool
}

// readGlobals reads what stands above the first FROM. Values are not bounded:
// BuildKit has expanded them before.
func (m *mapper) readGlobals() {
	m.scopes, _ = scope.New(m.file, scope.Options{Args: m.buildArgs(), Predefined: m.predefined(), Image: m.image})
}

func (m *mapper) run() {
	m.readGlobals()
	_ = m.scopes.Follow() // which fails at a bound alone
	target := scope.Target(m.file, m.target)
	m.used = m.scopes.Needed(target, m.isReplaced)
	m.build.imageStages = m.scopes.Chain(target, m.isReplaced)
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
	for _, in := range m.file.Global {
		m.addStep(&Step{Instruction: in, ID: fmt.Sprintf("%s - %d", m.build.Platform, in.Index)}, m.scopes.At(in))
	}
	for _, stage := range m.file.Stages {
		label := stage.Label
		if labels[label]++; labels[label] > 1 {
			label = fmt.Sprintf("%s#%d", label, stage.Index)
		}
		m.addStage(stage, label)
	}
}

func (m *mapper) addStage(stage *dockerfile.Stage, label string) {
	id := func(n string) string { return m.build.Platform + " " + label + " " + n }
	for _, in := range stage.Instructions {
		m.addStep(&Step{Stage: stage, StageLabel: label, Instruction: in, Unused: !m.used[stage], ID: id(fmt.Sprint(in.Index))}, m.scopes.At(in))
		if in.From == nil {
			continue
		}
		from := m.build.Steps[len(m.build.Steps)-1]
		from.Mentions, from.Unset = m.scopes.Globals().Mentions(in) // FROM sees nothing of its stage
		for i, trigger := range m.scopes.Triggers(stage) {
			m.addStep(&Step{Stage: stage, StageLabel: label, Instruction: trigger, Trigger: true, Unused: !m.used[stage],
				Line: in.Line, EndLine: in.EndLine, ID: id(fmt.Sprintf("%d.%d", in.Index, i+1))}, m.scopes.AtTrigger(stage, i))
		}
	}
	end := m.scopes.End(stage)
	m.build.Scopes = append(m.build.Scopes, end.Args(), end.Env())
}

func (m *mapper) addStep(s *Step, sees scope.View) {
	s.Platform = m.build.Platform
	if s.Line == 0 {
		s.Line, s.EndLine = s.Instruction.Line, s.Instruction.EndLine
	}
	s.Effect = record.Effect(s.Instruction.Effect)
	s.references = scope.References(m.file, s.Instruction)
	s.parsed = Parsed(m.file, m.scopes, s.Instruction, sees)
	s.Mentions, s.Unset = sees.Mentions(s.Instruction)
	switch s.Effect {
	case record.EffectMetadata, record.EffectNone:
		s.Args, s.Env = sees.Named(s.Instruction.Text)
	default:
		s.Args, s.Env = sees.Args(), sees.Env()
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
				s.Expanded = strings.Replace(s.Instruction.Summary(), s.Stage.Base, m.scopes.BaseName(s.Stage), 1)
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
		if named == nil && consumer.takesFrom(s.Stage) {
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

// takesFrom says that the step's instruction names a stage to take files from.
func (s *Step) takesFrom(stage *dockerfile.Stage) bool {
	return stage != nil && slices.ContainsFunc(s.references, func(r scope.Reference) bool { return r.Stage == stage })
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
		if base := m.scopes.Base(s.Stage); base != nil {
			return "its base is the stage " + base.Label
		}
		if m.namedBase(s.Stage) {
			return "the build context " + m.scopes.BaseName(s.Stage) + " is its base"
		}
		return "its base is empty"
	}
	return "the target does not need its result"
}

// namedBase says that a named context answers for what a FROM names.
func (m *mapper) namedBase(stage *dockerfile.Stage) bool {
	name := strings.TrimSuffix(familiar(m.scopes.BaseName(stage)), ":latest")
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
		written = m.scopes.Globals().Expand(stage.Platform)
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
	if dt := m.configs[newImageOf(m.scopes.BaseName(stage), m.basePlatform(stage))]; dt != nil {
		if json.Unmarshal(dt, &img) != nil {
			return dockerspec.DockerOCIImage{}
		}
	}
	return img
}

// image is what is known of the image that a stage starts from.
func (m *mapper) image(stage *dockerfile.Stage) scope.Image {
	config := m.baseConfig(stage).Config
	known := scope.Image{Env: config.Env}
	for _, text := range config.OnBuild {
		f, err := dockerfile.Parse("ONBUILD", []byte("FROM scratch\n"+text))
		if err == nil && len(f.Stages[0].Instructions) == 2 {
			known.Triggers = append(known.Triggers, f.Stages[0].Instructions[1])
		}
	}
	return known
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

// predefined are the arguments that BuildKit predefines from the platforms.
func (m *mapper) predefined() map[string]string {
	args := map[string]string{"TARGETSTAGE": "default"}
	if m.target != "" {
		args["TARGETSTAGE"] = m.target
	}
	set := func(prefix, platform string) {
		p, err := platforms.Parse(platform)
		if err != nil {
			return
		}
		args[prefix+"PLATFORM"] = platform
		args[prefix+"OS"], args[prefix+"ARCH"], args[prefix+"VARIANT"] = p.OS, p.Architecture, p.Variant
	}
	set("BUILD", platforms.Format(m.native))
	set("TARGET", m.build.Platform)
	return args
}
