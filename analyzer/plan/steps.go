package plan

import (
	"path"
	"regexp"
	"strings"

	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/opencontainers/go-digest"
)

// onBuild is what stands before a trigger in the file that keeps it. A base image
// has the trigger alone.
var onBuild = regexp.MustCompile(`(?i)^\s*ONBUILD(\s|[\\` + "`" + `]\r?\n)+`)

// Record returns the steps in the form of a record, with no outcome yet.
func (p *Plan) Record(r Redactor) []record.Step {
	var steps []record.Step
	for _, b := range p.Builds {
		for _, s := range b.Steps {
			steps = append(steps, s.record(r))
		}
	}
	return steps
}

func (s *Step) record(r Redactor) record.Step {
	out := record.Step{
		ID: s.ID, Platform: s.Platform, Stage: s.StageLabel, StageIndex: -1,
		Instruction: s.Instruction.Keyword, Text: r.Text(s.Instruction.Text),
		Line: s.Line, EndLine: s.EndLine, Effect: s.Effect, Why: s.Why, Trigger: s.Trigger,
		Outcome: record.None,
		Args:    redactAll(s.Args, r), Env: redactAll(s.Env, r), Mentions: s.Mentions, Unset: s.Unset,
	}
	if s.Trigger {
		out.Text = onBuild.ReplaceAllString(out.Text, "")
	}
	out.Parsed = s.redacted(out.Text, r)
	if s.Stage != nil {
		out.StageIndex = s.Stage.Index
	}
	if s.Unused {
		out.Outcome = record.Unused
	}
	if expanded := strings.Join(strings.Fields(s.Expanded), " "); expanded != s.Instruction.Summary() {
		out.Expanded = r.Text(expanded)
	}
	for _, d := range s.DependsOn {
		out.DependsOn = append(out.DependsOn, d.ID)
	}
	for _, v := range s.Vertices {
		out.Vertices = append(out.Vertices, v.record(s, r))
	}
	return out
}

func redactAll(m map[string]string, r Redactor) map[string]string {
	if len(m) == 0 {
		return nil
	}
	out := make(map[string]string, len(m))
	for k, v := range m {
		out[k] = r.Value(k, v)
	}
	return out
}

func (v *Vertex) record(s *Step, r Redactor) record.Vertex {
	out := record.Vertex{Digest: string(v.Digest), Name: r.Text(v.Name), Op: comparable(v.Op, r), Inline: v.isInline(), NoCache: v.NoCache}
	for i, in := range v.Inputs {
		ri := record.Input{}
		ri.Selectors, ri.Hashed = Selectors(v.Op, i)
		in.describe(&ri, s, r)
		out.Inputs = append(out.Inputs, ri)
	}
	return out
}

// describe says where an input of one of s's vertices comes from.
func (v *Vertex) describe(in *record.Input, s *Step, r Redactor) {
	switch {
	case v.LocalName() != "":
		in.Source = v.LocalName()
		in.Tree = in.Source
	case v.isInline():
		in.Source = record.SourceInline
		in.Content, in.Files = v.inlineContent()
	case v.Op.GetSource() != nil && (!v.Located || v.ownedBy(s)) && !v.isBase():
		in.Source = r.Text(v.Op.GetSource().Identifier)
	case v.baseFor(s) != nil: // also where the step names the image itself
		in.Step = v.baseFor(s).ID
	case v.ownedBy(s):
		in.Source = record.SourceSelf
	case len(v.Steps) > 0:
		in.Step = v.owner(s).ID
	default:
		in.Source = record.SourceScratch
	}
}

func (v *Vertex) ownedBy(s *Step) bool {
	for _, o := range v.Steps {
		if o == s {
			return true
		}
	}
	return false
}

// isBase says that the vertex is what a FROM stands for.
func (v *Vertex) isBase() bool {
	for _, o := range v.Steps {
		if o.Effect == record.EffectBase {
			return true
		}
	}
	return false
}

// baseFor returns the FROM that an image stands for, of several the one in the
// step's own stage; nil for the FROM itself, and for anything else.
func (v *Vertex) baseFor(s *Step) *Step {
	var first *Step
	for _, o := range v.Steps {
		switch {
		case o == s && o.Effect == record.EffectBase:
			return nil
		case o.Effect != record.EffectBase || first != nil && o.Stage != s.Stage:
		default:
			first = o
		}
	}
	return first
}

// LocalName is the name of a source that the client sends: "context" or that
// of a named context; "" for any other vertex.
func (v *Vertex) LocalName() string {
	name, ok := strings.CutPrefix(v.Op.GetSource().GetIdentifier(), "local://")
	if !ok {
		return ""
	}
	return name
}

// isInline tells an inline document from other operations on files.
func (v *Vertex) isInline() bool {
	f := v.Op.GetFile()
	if f == nil || v.Located {
		return false
	}
	for _, a := range f.Actions {
		if a.GetMkfile() == nil {
			return false
		}
	}
	return len(f.Actions) > 0
}

// inlineContent has a checksum over an inline document, from its definition.
func (v *Vertex) inlineContent() (string, map[string]string) {
	files := map[string]string{}
	all := digest.Canonical.Digester()
	for _, a := range v.Op.GetFile().Actions {
		dt := []byte(jsonOf(a.GetMkfile()))
		files[path.Base(a.GetMkfile().Path)] = string(digest.FromBytes(dt))
		all.Hash().Write(dt)
	}
	for _, in := range v.Inputs {
		all.Hash().Write([]byte(in.Digest))
	}
	return string(all.Digest()), files
}
