package report

import (
	"iter"

	"github.com/layerwise/layerwise/analyzer/explain"
	"github.com/layerwise/layerwise/analyzer/record"
)

// New starts a report.
func New(kind Kind, tool string) *Report {
	return &Report{Schema: Schema, Kind: kind, Tool: Tool{Version: tool}}
}

// FromRecords says what became of a build, compared with the one of the record
// old, which may be nil, and with earlier ones, the newest first, where that one says
// nothing of a step; these may be nil too.
func FromRecords(r, old *record.Record, earlier iter.Seq[*record.Record]) BuildReport {
	c := explain.CompareAll(old, r, earlier)
	b := fromRecord(r)
	if old != nil {
		b.Baseline = old.ID
		started := old.Started
		b.BaselineStarted = &started
	}
	before := byID(old)
	for i := range b.Steps {
		s := &b.Steps[i]
		s.SavedSeconds, s.SharedWith = c.Saved[s.ID], c.SharedWith[s.ID]
		s.Previous = previous(s, before[c.Aligned[s.ID]])
		for _, cause := range c.Causes[s.ID] {
			s.Causes = append(s.Causes, fromCause(cause))
		}
	}
	for _, id := range c.Removed {
		if s := before[id]; s != nil {
			b.Removed = append(b.Removed, Removed{Step: id, Stage: s.Stage, Platform: s.Platform, Instruction: s.Instruction, Text: written(s), Line: s.Line})
		}
	}
	for _, root := range c.Roots {
		b.Roots = append(b.Roots, Root{Step: root.Step, Steps: root.Steps, Seconds: root.Seconds, AtLeast: root.AtLeast})
	}
	if u := c.Unreached; u != nil {
		b.Unreached = &Unreached{Message: u.Message, Steps: u.Steps}
	}
	for _, e := range c.Earlier {
		b.Earlier = append(b.Earlier, Earlier{Baseline: e.Baseline, Started: e.Started, Steps: e.Steps})
	}
	b.Summary.Roots = len(c.Roots)
	b.Summary.SecondsRun = c.SecondsRun
	b.Summary.SecondsSaved = c.SecondsSaved
	b.Summary.RunAtLeast, b.Summary.SavedAtLeast = c.RunAtLeast, c.SavedAtLeast
	return b
}

func byID(r *record.Record) map[string]*record.Step {
	steps := map[string]*record.Step{}
	if r != nil {
		for i := range r.Steps {
			steps[r.Steps[i].ID] = &r.Steps[i]
		}
	}
	return steps
}

func previous(s *Step, was *record.Step) *Previous {
	if was == nil {
		return nil
	}
	p := &Previous{Step: was.ID, Line: was.Line}
	if text := written(was); text != s.Text {
		p.Text = text
	}
	return p
}

// written is a step's text, which of a trigger does not say that it is one.
func written(s *record.Step) string {
	if s.Trigger {
		return "ONBUILD " + s.Text
	}
	return s.Text
}

// FromPlan says what a Dockerfile's steps depend on, without a build.
func FromPlan(r *record.Record) BuildReport {
	b := fromRecord(r)
	down, keys := explain.TakesDown(r), explain.KeyParts(r)
	for i := range b.Steps {
		s := &b.Steps[i]
		s.TakesDown, s.MayTakeDown = down[s.ID].Certain, down[s.ID].Possible
		for _, p := range keys[s.ID] {
			s.KeyParts = append(s.KeyParts, KeyPart{Kind: p.Kind, Message: p.Message, Names: p.Names, Files: p.Files, Size: p.Size, Usual: p.Usual})
		}
	}
	return b
}

func fromRecord(r *record.Record) BuildReport {
	b := BuildReport{
		ID: r.ID, Label: r.Label, Dockerfile: r.Project.Dockerfile, Context: r.Project.Context,
		Target: r.Project.Target, Platforms: r.Project.Platforms,
		Engine: Engine{Kind: r.Engine.Kind, Address: r.Engine.Address, Version: r.Engine.Version, Isolation: r.Engine.Isolation, Network: r.Engine.Network},
		Result: r.Result, Error: r.Error, FailedStep: r.FailedStep, Started: r.Started, Seconds: r.Seconds,
		Basis: r.Basis, Warnings: r.Warnings,
	}
	for _, s := range r.StandIns {
		b.StandIns = append(b.StandIns, StandIn{Ref: s.Ref, By: s.By})
	}
	for _, i := range r.Imports {
		b.Imports = append(b.Imports, Import{Ref: i.Ref, Result: i.Result, Error: i.Error, Seconds: i.Seconds, Hits: i.Hits})
	}
	for _, p := range r.Phases {
		b.Phases = append(b.Phases, Phase{Name: p.Name, Seconds: p.Seconds})
	}
	for i := range r.Steps {
		b.Steps = append(b.Steps, fromStep(&r.Steps[i]))
		count(&b.Summary, r.Steps[i].Outcome)
	}
	return b
}

func fromStep(s *record.Step) Step {
	out := Step{
		ID: s.ID, Stage: s.Stage, Platform: s.Platform, Instruction: s.Instruction, Text: written(s),
		Line: s.Line, EndLine: s.EndLine, Effect: s.Effect, Outcome: s.Outcome,
		Seconds: s.Seconds, DependsOn: s.DependsOn, HangsOn: s.HangsOn, DiskSize: s.DiskSize, Error: s.Error, Note: s.Why,
	}
	if s.Outcome == record.Run && s.LastRunSeconds != nil {
		out.Seconds = *s.LastRunSeconds
	}
	summary := s.Summary()
	if s.Trigger {
		summary = "ONBUILD " + summary
	}
	if s.Parsed != nil && summary != out.Text {
		out.Summary = summary
	}
	for _, l := range s.Layers {
		out.Layers = append(out.Layers, Layer{Digest: l.Digest, DiffID: l.DiffID, Size: l.Size,
			Uncompressed: l.Uncompressed, ContentSize: l.ContentSize, Files: l.Files, Index: l.Index})
	}
	return out
}

func count(sum *Summary, o record.Outcome) {
	switch o {
	case record.Hit:
		sum.Hits++
	case record.Miss, record.StepFailed:
		sum.Misses++
	case record.Unused:
		sum.Unused++
	case record.NotRun, record.StepCanceled:
		sum.NotRun++
	}
}

func fromCause(c explain.Cause) Cause {
	out := Cause{Kind: c.Kind, Root: c.Root, Because: c.Because, Message: c.Message, Old: c.Old, New: c.New, MoreFiles: c.MoreFiles}
	for _, f := range c.Files {
		out.Files = append(out.Files, FileChange{Path: f.Path, Change: f.Kind})
	}
	return out
}
