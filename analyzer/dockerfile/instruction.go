package dockerfile

import (
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
)

// Instruction is one instruction, over all its physical lines.
type Instruction struct {
	Stage *Stage // nil for a global ARG
	// Index is the place in the stage, from 1, so that FROM is 1. Global ARGs are
	// counted from 1 too. The trigger of an ONBUILD has 0.
	Index   int
	Keyword string // in upper case
	// Text is the instruction as written: all its lines with continuations,
	// comments between them and the bodies of heredocs, without the last ending.
	Text string
	// Line and EndLine are the first and the last line as BuildKit counts them:
	// the bodies of heredocs belong to it, comments above do not, and a
	// continuation that nothing follows takes the blank and comment lines below.
	Line, EndLine int

	Flags []string // "--name=value" without quotes, in the order of the file
	// Args are the words after the flags as BuildKit splits them, which differs
	// by keyword: one string for a shell command, the elements of the JSON form,
	// key, value and separator for ENV and LABEL.
	Args     []string
	JSON     bool // Args were written as a JSON array
	Heredocs []Heredoc
	Comments []Comment // above it, from the last instruction or empty comment on
	Effect   Effect

	// Command is BuildKit's typed form; nil for FROM, which has From instead.
	Command instructions.Command
	From    *instructions.Stage // of FROM, with its commands; nil for others

	// Trigger is what an ONBUILD keeps for later builds; nil for others. Its
	// lines, text and heredocs are those of the ONBUILD. BuildKit reads it when a
	// build starts from the image, so that it may be invalid: then Command is nil,
	// and Effect is EffectNone for a keyword that does not exist.
	Trigger *Instruction

	logical string
}

// Heredoc is one inline document of an instruction.
type Heredoc struct {
	Name    string // the word that ends it, without quotes
	Content string // as written, before Chomp
	Expand  bool   // variables in it are replaced: its name has no quotes
	Chomp   bool   // <<- : tabs at the start of its lines are dropped
	// Line and EndLine are the first line of the body and the line that ends it;
	// they are the same for an empty body.
	Line, EndLine int
}

// Summary is the instruction on one line, for tables: continuations joined,
// comments left out, white space folded, and an ellipsis for the bodies of
// heredocs. It may hold any other character of the source, control characters
// included.
func (i *Instruction) Summary() string {
	s := strings.Join(strings.Fields(i.logical), " ")
	if len(i.Heredocs) > 0 {
		s += " …"
	}
	return s
}

// Joined is the instruction as written, with its continued lines joined by a space
// and without the comments between them. One with heredocs keeps all its lines:
// their line feeds mean something. escape is the file's.
func (i *Instruction) Joined(escape rune) string {
	text := strings.ReplaceAll(strings.TrimSpace(i.Text), "\r\n", "\n")
	if !strings.Contains(text, "\n") || len(i.Heredocs) > 0 {
		return text
	}
	var out []string
	for l := range strings.SplitSeq(text, "\n") {
		l = strings.TrimSpace(l)
		if strings.HasPrefix(l, "#") {
			continue
		}
		if cut, ok := strings.CutSuffix(l, string(escape)); ok {
			l = strings.TrimSpace(cut)
		}
		if l != "" {
			out = append(out, l)
		}
	}
	return strings.Join(out, " ")
}
