package rules

import (
	"slices"
	"strings"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
)

// mergeRemoval makes one RUN of two, of which the second stands right below the
// first and only removes absolute paths. It is nil where the files of the image
// might differ.
func mergeRemoval(p *lint.Pass, first, second *dockerfile.Instruction) *finding.Fix {
	if first.Keyword != "RUN" || first.Stage != second.Stage || first.Index != second.Index-1 ||
		!canBeContinued(p, first) || !slices.Equal(first.Flags, second.Flags) || second.JSON || len(second.Heredocs) > 0 {
		return nil
	}
	commands := p.Commands(second)
	for i := range commands {
		c := &commands[i]
		if c.Name != "rm" || !c.Exact || i == 0 && c.Op != "" || i > 0 && c.Op != "&&" {
			return nil
		}
		for _, o := range c.Operands() {
			if !strings.HasPrefix(o.Text, "/") {
				return nil
			}
		}
	}
	span := finding.Span{Line: first.EndLine, Column: len(p.File.Text(first.EndLine, first.EndLine)) + 1,
		EndLine: second.EndLine, EndColumn: len(p.File.Text(second.EndLine, second.EndLine)) + 1}
	between := p.File.Text(first.EndLine+1, second.Line-1)
	if strings.TrimSpace(between) != "" {
		return nil // comments
	}
	text := " \\" + lineEnding(p.File) + " && " + second.Text[commands[0].Start:]
	return &finding.Fix{
		Message: "remove it in the RUN that makes it",
		Safety:  finding.Safe,
		Edits:   []finding.Edit{{File: p.Path, Span: span, Text: text}},
	}
}

// canBeContinued reports whether "&& command" can be written behind a RUN and
// then runs just as in a RUN of its own.
func canBeContinued(p *lint.Pass, in *dockerfile.Instruction) bool {
	text := strings.TrimRight(in.Text, " \t")
	if in.JSON || len(in.Heredocs) > 0 || p.File.Escape != '\\' || strings.HasSuffix(text, "\\") ||
		strings.HasSuffix(text, "&") || strings.HasSuffix(text, ";") || strings.HasSuffix(text, "\n") || strings.Contains(text, "#") {
		return false
	}
	commands := p.Commands(in)
	for i := range commands {
		switch c := &commands[i]; {
		case c.Op == "&", c.Is("exit", "exec", "trap", "alias", "shopt", "return", "umask", "set", "eval", "source", "."):
			return false
		}
	}
	return len(commands) > 0 && !strings.Contains(text, "exec ")
}
