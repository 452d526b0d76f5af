package formats_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/layerwise/layerwise/report"
	"github.com/layerwise/layerwise/report/formats"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// findings has one of every sort, and what an attacker would write.
func findings() *report.Report {
	return &report.Report{
		Kind: report.Lint,
		Tool: report.Tool{Version: "1.2.3"},
		Rules: []report.Rule{{ID: "copy-before-install", Title: "a broad COPY above an install", Severity: "warning", Why: "any changed file re-runs the install",
			URL: "https://example.org/rules#copy-before-install"}},
		Findings: []report.Finding{
			{Rule: "copy-before-install", Severity: "warning", File: "app/Dockerfile", Line: 3, Column: 1, EndLine: 3, EndColumn: 9,
				Message: "COPY . . stands above npm ci", Basis: "static", URL: "https://example.org/rules#copy-before-install", Source: []string{"COPY . ."},
				Fix: &report.Fix{Message: "copy package.json first", Safety: "review", Edits: []report.Edit{
					{File: "app/Dockerfile", Line: 3, Column: 1, EndLine: 3, EndColumn: 1, Text: "COPY package.json .\n"},
					{File: "app/.dockerignore", Text: ".git\n"}}}},
			{Rule: "copy-before-install", Severity: "warning", File: "app/Dockerfile", Line: 9, EndLine: 11, Message: "COPY . . stands above npm ci", Basis: "static"},
			{Rule: "secret-in-build", Severity: "error", File: "Dockerfile", Line: 5, EndLine: 5, Message: "50% of it: a, b\n::error::injected", Basis: "static"},
			{Rule: "unpinned-base", Severity: "info", File: "Dockerfile\n::error file=x::\x1b[31m", Message: "<b>\u202e\u009b & ]]>\x00\xff", Basis: "static", URL: "javascript:alert(1)"},
		},
	}
}

// TestGolden pins every format that programs read, and looks that a parser
// takes it.
func TestGolden(t *testing.T) {
	for _, name := range formats.Names() {
		t.Run(name, func(t *testing.T) {
			r, _ := formats.Lookup(name)
			var buf bytes.Buffer
			if err := r.Render(&buf, findings(), report.Options{}); err != nil {
				t.Fatal(err)
			}
			got := buf.String()
			if i := strings.IndexFunc(got, func(r rune) bool { return r != '\n' && report.Clean(string(r)) != string(r) }); i >= 0 {
				t.Errorf("a terminal could act on what follows %q", got[:i])
			}
			parses(t, got)
			file := filepath.Join("testdata", name+".golden")
			if *update {
				if err := os.WriteFile(file, buf.Bytes(), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("differs from %s, which -update rewrites (-want +got):\n%s", file, diff)
			}
		})
	}
}

func parses(t *testing.T, s string) {
	t.Helper()
	switch s[0] {
	case '{', '[':
		var v any
		if err := json.Unmarshal([]byte(s), &v); err != nil {
			t.Error(err)
		}
	case '<':
		d := xml.NewDecoder(strings.NewReader(s))
		for {
			if _, err := d.Token(); err == io.EOF {
				return
			} else if err != nil {
				t.Fatal(err)
			}
		}
	}
}
