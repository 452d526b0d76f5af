package dockerfile

import (
	"fmt"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/command"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/pkg/errors"
)

// longestSuggestion bounds the keywords that BuildKit compares with the known
// ones to suggest another. Longer ones are too far from all of them.
const longestSuggestion = 64

// addAll fills stages, instructions and comments from BuildKit's syntax tree.
// It does what instructions.Parse does, and keeps each node with its command.
func (f *File) addAll(nodes []*parser.Node) error {
	directive := map[int]bool{}
	for _, d := range f.Directives {
		directive[d.Line] = true
	}
	// BuildKit panics without a linter where a comment above an instruction reads
	// "check=…". This one reports nothing.
	lint := linter.New(&linter.Config{})
	next := 1
	for _, n := range nodes {
		above := f.addComments(next, n.StartLine-1, directive)
		in, err := f.instruction(n, lint)
		if err != nil {
			return err
		}
		in.Comments = above
		if err := f.place(in); err != nil {
			return parser.WithLocation(err, n.Location())
		}
		f.addComments(n.StartLine+1, headerEnd(n), nil)
		next = n.EndLine + 1
	}
	f.addComments(next, f.text.count(), directive)
	if len(f.Stages) == 0 {
		return errors.New("dockerfile contains no stages to build")
	}
	return nil
}

// addComments keeps the comments from line first to last, and returns those
// that stand after the last empty one.
func (f *File) addComments(first, last int, directive map[int]bool) []Comment {
	var above []Comment
	for n := first; n <= last; n++ {
		c, ok := f.text.comment(n)
		if !ok || directive[n] {
			continue
		}
		f.Comments = append(f.Comments, Comment{Text: c, Line: n})
		if c == "" {
			above = nil
		} else {
			above = append(above, Comment{Text: c, Line: n})
		}
	}
	return above
}

// place puts an instruction where it belongs: a FROM begins a stage, an ARG
// above all stages is global, anything else is part of the last stage.
func (f *File) place(in *Instruction) error {
	if in.From != nil {
		f.Stages = append(f.Stages, newStage(len(f.Stages), in))
		return nil
	}
	if len(f.Stages) == 0 {
		if _, isArg := in.Command.(*instructions.ArgCommand); !isArg {
			_, err := instructions.CurrentStage(nil)
			return err
		}
		f.Global = append(f.Global, in)
		in.Index = len(f.Global)
		return nil
	}
	s := f.Stages[len(f.Stages)-1]
	s.Instructions[0].From.AddCommand(in.Command)
	s.add(in)
	return nil
}

func newStage(index int, from *Instruction) *Stage {
	s := &Stage{
		Index:    index,
		Label:    from.From.Name,
		Base:     from.From.BaseName,
		Platform: from.From.Platform,
		Line:     from.Line,
	}
	if s.Label == "" {
		s.Label = fmt.Sprintf("stage-%d", index)
	} else {
		s.Name = from.Args[2] // FROM base AS name
	}
	s.add(from)
	return s
}

func (s *Stage) add(in *Instruction) {
	s.Instructions = append(s.Instructions, in)
	s.EndLine = in.EndLine
	in.Stage, in.Index = s, len(s.Instructions)
	if in.Trigger != nil {
		in.Trigger.Stage = s
	}
}

func (f *File) instruction(n *parser.Node, lint *linter.Linter) (*Instruction, error) {
	if _, known := command.Commands[strings.ToLower(n.Value)]; !known && len(n.Value) > longestSuggestion {
		err := &instructions.UnknownInstructionError{Instruction: n.Value, Line: n.StartLine}
		return nil, parser.WithLocation(err, n.Location())
	}
	in := describe(n, n.Heredocs)
	in.Text = f.text.span(n.StartLine, n.EndLine)
	parsed, err := instructions.ParseInstructionWithLinter(n, lint)
	if err != nil {
		return nil, err
	}
	switch c := parsed.(type) {
	case *instructions.Stage:
		in.From = c
	case instructions.Command:
		in.Command = c
	default:
		return nil, parser.WithLocation(errors.Errorf("%T is not a command type", parsed), n.Location())
	}
	if _, ok := in.Command.(*instructions.OnbuildCommand); ok {
		in.Trigger = trigger(n, in.Text)
	}
	return in, nil
}

// trigger describes the instruction inside an ONBUILD. Its node comes from the
// parser without lines and heredocs, which stand on the ONBUILD's.
func trigger(onbuild *parser.Node, text string) *Instruction {
	n := *onbuild.Next.Children[0]
	n.StartLine, n.EndLine, n.Heredocs = onbuild.StartLine, onbuild.EndLine, onbuild.Heredocs
	in := describe(&n, n.Heredocs)
	in.Text = text
	if len(n.Value) <= longestSuggestion {
		if c, err := instructions.ParseCommand(&n); err == nil {
			in.Command = c
		}
	}
	return in
}

// describe fills what a node says by itself.
func describe(n *parser.Node, docs []parser.Heredoc) *Instruction {
	in := &Instruction{
		Keyword: strings.ToUpper(n.Value),
		Line:    n.StartLine,
		EndLine: n.EndLine,
		Flags:   n.Flags,
		Args:    words(n),
		JSON:    n.Attributes["json"],
		Effect:  EffectNone,
		logical: n.Original,
	}
	if e, ok := effects[strings.ToLower(n.Value)]; ok {
		in.Effect = e
	}
	line := headerEnd(n) + 1
	for _, d := range docs {
		end := line + strings.Count(d.Content, "\n")
		in.Heredocs = append(in.Heredocs, Heredoc{
			Name:    d.Name,
			Content: d.Content,
			Expand:  d.Expand,
			Chomp:   d.Chomp,
			Line:    line,
			EndLine: end,
		})
		line = end + 1
	}
	return in
}

// headerEnd is the last line of a node before the bodies of its heredocs. Each
// body takes its own lines and the one that ends it.
func headerEnd(n *parser.Node) int {
	end := n.EndLine
	for _, d := range n.Heredocs {
		end -= strings.Count(d.Content, "\n") + 1
	}
	return end
}

// words returns a node's arguments, with the keyword of an ONBUILD's trigger
// before the trigger's own.
func words(n *parser.Node) []string {
	var out []string
	for a := n.Next; a != nil; a = a.Next {
		if len(a.Children) == 0 {
			out = append(out, a.Value)
			continue
		}
		out = append(out, a.Children[0].Value)
		out = append(out, words(a.Children[0])...)
	}
	return out
}
