package plan

import (
	"path"
	"strings"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/dockerfile/scope"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
)

// Parsed is what a record has of an instruction of a file, or of a trigger, where it
// sees v.
func Parsed(f *dockerfile.File, scopes *scope.Scopes, in *dockerfile.Instruction, v scope.View) record.Parsed {
	p := record.Parsed{Line: in.Joined(f.Escape), ExecForm: in.JSON, Heredoc: len(in.Heredocs) > 0, User: v.User()}
	p.Names = scope.Referred(p.Line)
	for _, flag := range in.Flags {
		name, _, _ := strings.Cut(flag, "=")
		p.Flags = append(p.Flags, name)
	}
	if dir := v.Workdir(); dir != "/" {
		p.Workdir = dir
	}
	for _, a := range scopes.Assignments(in, v) {
		p.Sets = append(p.Sets, record.Assignment(a))
	}
	if in.From != nil {
		p.Base, p.Stage = scopes.BaseName(in.Stage), in.Stage.Name
	}
	if dest, ok := destination(in); ok {
		p.Relative = !path.IsAbs(v.Expand(dest))
	}
	return p
}

func destination(in *dockerfile.Instruction) (string, bool) {
	switch c := in.Command.(type) {
	case *instructions.CopyCommand:
		return c.DestPath, true
	case *instructions.AddCommand:
		return c.DestPath, true
	case *instructions.WorkdirCommand:
		return c.Path, true
	}
	return "", false
}

// redacted is what was read in a step's instruction, for a record in which its text
// is this.
func (s *Step) redacted(text string, r Redactor) *record.Parsed {
	p := s.parsed
	if s.Trigger {
		p.Line = onBuild.ReplaceAllString(p.Line, "")
	}
	if p.Line = r.Text(p.Line); p.Line == strings.TrimSpace(text) {
		p.Line = ""
	}
	p.Base, p.User, p.Workdir = r.Text(p.Base), r.Text(p.User), r.Text(p.Workdir)
	p.Sets = nil
	for _, a := range s.parsed.Sets {
		a.Text, a.Value = redactValue(a.Name, a.Text, r), redactValue(a.Name, a.Value, r)
		p.Sets = append(p.Sets, a)
	}
	return &p
}

func redactValue(name string, value *string, r Redactor) *string {
	if value == nil {
		return nil
	}
	redacted := r.Value(name, *value)
	return &redacted
}
