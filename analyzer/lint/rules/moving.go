package rules

import (
	"strings"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
)

// removal deletes whole instructions. Comments above them are left for a person to
// judge.
func removal(p *lint.Pass, ins ...*dockerfile.Instruction) []finding.Edit {
	edits := make([]finding.Edit, 0, len(ins))
	for _, in := range ins {
		edits = append(edits, cutOut(p, in.Line, in.EndLine))
	}
	return edits
}

// cutOut deletes lines. Of the empty lines around them, those above are left.
func cutOut(p *lint.Pass, first, last int) finding.Edit {
	lines := p.File.Lines()
	empty := func(n int) bool { return n > 0 && n <= len(lines) && strings.TrimSpace(lines[n-1]) == "" }
	for empty(first-1) && empty(last+1) {
		last++
	}
	return finding.Edit{File: p.Path, Span: lineSpan(p, first, last)}
}

// moveBelow moves instructions, in their order and with the comments that belong
// to them, to the line below another one.
func moveBelow(p *lint.Pass, below *dockerfile.Instruction, ins ...*dockerfile.Instruction) []finding.Edit {
	ending := lineEnding(p.File)
	var moved strings.Builder
	for _, in := range ins {
		moved.WriteString(p.File.Text(firstLine(in), in.EndLine))
		moved.WriteString(ending)
	}
	at := lineSpan(p, below.EndLine, below.EndLine)
	at.Line, at.Column = at.EndLine, at.EndColumn
	text := moved.String()
	if at.Column > 1 { // the last line of the file, without an ending
		text = ending + strings.TrimSuffix(text, ending)
	}
	edits := make([]finding.Edit, 0, len(ins)+1)
	for _, in := range ins {
		edits = append(edits, cutOut(p, firstLine(in), in.EndLine))
	}
	return append(edits, finding.Edit{File: p.Path, Span: at, Text: text})
}

// firstLine is the first of an instruction's lines and of the comments right
// above it.
func firstLine(in *dockerfile.Instruction) int {
	first := in.Line
	for i := len(in.Comments) - 1; i >= 0 && in.Comments[i].Line == first-1; i-- {
		first--
	}
	return first
}

// lineSpan covers lines with their endings.
func lineSpan(p *lint.Pass, first, last int) finding.Span {
	lines := p.File.Lines()
	if last < len(lines) {
		return finding.Span{Line: first, Column: 1, EndLine: last + 1, EndColumn: 1}
	}
	last = len(lines)
	end := finding.Span{Line: first, Column: 1, EndLine: last, EndColumn: len(lines[last-1]) + 1}
	if strings.HasSuffix(string(p.File.Source[max(0, len(p.File.Source)-1):]), "\n") {
		end.EndLine, end.EndColumn = last+1, 1
	}
	return end
}

// lineEnding is what the first line of a file ends with.
func lineEnding(f *dockerfile.File) string {
	line, _, _ := strings.Cut(string(f.Source[:min(len(f.Source), 4096)]), "\n")
	if strings.HasSuffix(line, "\r") {
		return "\r\n"
	}
	return "\n"
}

// insert puts text in front of a byte of an instruction's text.
func insert(p *lint.Pass, in *dockerfile.Instruction, offset int, text string) finding.Edit {
	return finding.Edit{File: p.Path, Span: p.Span(in, offset, 0), Text: text}
}
