package plan

import (
	"fmt"

	"github.com/containerd/platforms"
	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/dockerfile/scope"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/moby/buildkit/solver/pb"
)

// Static maps a definition to the file that it was converted from, where the
// caller has called the frontend's converter itself, for the platform of this
// machine and the last stage. The definition may be nil: then the steps have no
// vertices. Those are the whole result; the steps have no Args and Env.
func Static(f *dockerfile.File, def *pb.Definition) (*Build, error) {
	if def == nil {
		def = &pb.Definition{}
	}
	native := platforms.Normalize(platforms.DefaultSpec())
	b, err := newBuild(platforms.FormatAll(native), def)
	if err != nil {
		return nil, err
	}
	m := &mapper{build: b, file: f, source: def.Source, native: native}
	m.readGlobals()
	m.used = m.scopes.Needed(scope.Target(f, ""), m.isReplaced)
	m.listSteps()
	m.attachLocated()
	m.attachSources()
	for _, s := range b.Steps {
		m.finish(s)
	}
	return b, nil
}

// listSteps lists every instruction without what is in scope for it, which for
// a hostile file would grow with its square.
func (m *mapper) listSteps() {
	add := func(s *Step) { m.build.Steps = append(m.build.Steps, s) }
	for _, in := range m.file.Global {
		add(m.bareStep(in, fmt.Sprintf("- %d", in.Index)))
	}
	for _, stage := range m.file.Stages {
		for _, in := range stage.Instructions {
			s := m.bareStep(in, fmt.Sprintf("%d %d", stage.Index, in.Index))
			s.Stage, s.StageLabel, s.Unused = stage, stage.Label, !m.used[stage]
			add(s)
			if in.From == nil {
				continue
			}
			for i, trigger := range m.scopes.Triggers(stage) {
				t := m.bareStep(trigger, fmt.Sprintf("%d %d.%d", stage.Index, in.Index, i+1))
				t.Stage, t.StageLabel, t.Unused, t.Trigger = stage, stage.Label, s.Unused, true
				t.Line, t.EndLine = in.Line, in.EndLine
				add(t)
			}
		}
	}
}

func (m *mapper) bareStep(in *dockerfile.Instruction, id string) *Step {
	return &Step{
		ID: m.build.Platform + " " + id, Platform: m.build.Platform, Instruction: in,
		Line: in.Line, EndLine: in.EndLine, Effect: record.Effect(in.Effect),
		references: scope.References(m.file, in),
	}
}
