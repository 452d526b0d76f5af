package report_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
	"github.com/layerwise/layerwise/report"
)

func TestFromFinding(t *testing.T) {
	in := finding.Finding{
		Rule: "rule", Severity: finding.Warning, File: "a/Dockerfile",
		Span:    finding.Span{Line: 2, Column: 5, EndLine: 2, EndColumn: 6},
		Message: "no", Basis: finding.Static, URL: "https://example.com",
		Fix: &finding.Fix{Message: "do", Safety: finding.Safe, Edits: []finding.Edit{
			{File: "a/Dockerfile", Span: finding.Span{Line: 2, Column: 1, EndLine: 3, EndColumn: 1}, Text: "x"}}},
	}
	want := report.Finding{
		Rule: "rule", Severity: "warning", File: "a/Dockerfile", Line: 2, Column: 5, EndLine: 2, EndColumn: 6,
		Message: "no", Basis: "static", URL: "https://example.com",
		Source: []string{"RUN b"},
		Fix: &report.Fix{Message: "do", Safety: "safe", Edits: []report.Edit{
			{File: "a/Dockerfile", Line: 2, Column: 1, EndLine: 3, EndColumn: 1, Text: "x"}}},
	}
	if diff := cmp.Diff(want, report.FromFinding(in, []byte("FROM a\nRUN b\r\nRUN c\n"))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFindingSource(t *testing.T) {
	const source = "\ufeffone\ntwo\r\nthree\nfour\nfive\nsix"
	for _, tt := range []struct {
		at   finding.Span
		want string
	}{
		{finding.Span{}, ""},
		{finding.Span{Line: 1}, "one"},
		{finding.Span{Line: 2, EndLine: 3}, "two three"},
		{finding.Span{Line: 1, EndLine: 6}, "one two three four five six"},
		{finding.Span{Line: 6, EndLine: 9}, "six"},
		{finding.Span{Line: 9, EndLine: 9}, ""},
		{finding.Span{Line: 2, Column: 1, EndLine: 3, EndColumn: 1}, "two"},
	} {
		got := report.FromFinding(finding.Finding{Span: tt.at}, []byte(source)).Source
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%+v: got %q, want %q", tt.at, got, tt.want)
		}
	}
	if got := report.FromFinding(finding.Finding{Span: finding.Span{Line: 1}}, nil).Source; got != nil {
		t.Errorf("got %q without a source", got)
	}
	long := report.FromFinding(finding.Finding{Span: finding.Span{Line: 1}}, []byte(strings.Repeat("é", 5000))).Source
	if n := len(long[0]); n > 1010 {
		t.Errorf("a long line has %d bytes", n)
	}
}
