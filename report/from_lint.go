package report

import (
	"bytes"
	"strings"

	"github.com/layerwise/layerwise/analyzer/lint/finding"
	"github.com/layerwise/layerwise/analyzer/record"
)

// maxSourceLine bounds a line that a finding shows, in bytes.
const maxSourceLine = 1000

// FromFinding takes over a finding. source is the text of its file, nil where none
// of it is to be shown.
func FromFinding(f finding.Finding, source []byte) Finding {
	out := Finding{
		Rule: f.Rule, Severity: string(f.Severity), File: f.File,
		Line: f.Line, Column: f.Column, EndLine: f.EndLine, EndColumn: f.EndColumn,
		Message: record.Mask(f.Message), Basis: string(f.Basis), URL: f.URL, Source: lines(f.Span, source),
	}
	if f.Fix != nil {
		out.Fix = &Fix{Message: record.Mask(f.Fix.Message), Safety: string(f.Fix.Safety)}
		for _, e := range f.Fix.Edits {
			out.Fix.Edits = append(out.Fix.Edits, Edit{File: e.File, Line: e.Line, Column: e.Column,
				EndLine: e.EndLine, EndColumn: e.EndColumn, Text: e.Text})
		}
	}
	return out
}

// lines are those of a source that a finding is about.
func lines(at finding.Span, source []byte) []string {
	if at.Line < 1 {
		return nil
	}
	source = bytes.TrimPrefix(source, []byte("\ufeff"))
	last := max(at.EndLine, at.Line)
	if last > at.Line && at.EndColumn == 1 {
		last-- // the end is the start of a line, which is not part of it
	}
	last = min(last, at.Line+MaxSource-1)
	var texts []string
	for n := 1; n <= last && len(source) > 0; n++ {
		var line []byte
		line, source, _ = bytes.Cut(source, []byte("\n"))
		if n < at.Line {
			continue
		}
		line = bytes.TrimSuffix(line, []byte("\r"))
		if len(line) > maxSourceLine {
			line = line[:maxSourceLine]
		}
		texts = append(texts, strings.ToValidUTF8(string(line), "\ufffd"))
	}
	return texts
}
