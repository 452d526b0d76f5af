package sarif_test

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/layerwise/layerwise/report"
	"github.com/layerwise/layerwise/report/sarif"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// TestSchema holds what is written against the schema of the specification
// (OASIS, SARIF 2.1.0 with errata 01).
func TestSchema(t *testing.T) {
	schema := compile(t)
	finding := report.Finding{Rule: "copy-before-install", Severity: "warning", File: "a b/Dockerfile", Line: 3, EndLine: 3, Message: "m", Basis: "static"}
	placed := finding
	placed.Column, placed.EndColumn = 1, 5
	whole := finding
	whole.Line, whole.EndLine = 0, 0
	mended := placed
	mended.Fix = &report.Fix{Message: "do it", Safety: "safe", Edits: []report.Edit{
		{File: "a b/Dockerfile", Line: 3, Column: 1, EndLine: 3, EndColumn: 5, Text: "x"},
		{File: "a b/Dockerfile", Line: 4, Column: 1, EndLine: 4, EndColumn: 1, Text: ""},
		{File: ".dockerignore", Text: ".git\n"},
	}}
	hostile := report.Finding{Rule: "\x1b[1m", Severity: "?", File: ":/\x00%\u202e", Line: -4, Column: -1, Message: "\xff\u009b", URL: "javascript:alert(1)"}
	for name, r := range map[string]*report.Report{
		"nothing":  {},
		"findings": {Kind: report.Lint, Tool: report.Tool{Version: "1"}, Findings: []report.Finding{finding, placed, whole, mended}, Rules: []report.Rule{{ID: finding.Rule, Title: "t", Severity: "error", Why: "w"}}},
		"hostile":  {Kind: report.Lint, Findings: []report.Finding{hostile}},
		"build": {Kind: report.Build, Builds: []report.BuildReport{{Context: ".", Dockerfile: "Dockerfile", Basis: "observed", Steps: []report.Step{
			{Instruction: "RUN", Line: 2, EndLine: 4, Outcome: "miss", Causes: []report.Cause{{Kind: "files-changed", Root: true, Message: "a changed"}, {Kind: "parent-rebuilt"}}},
			{Instruction: "RUN", Line: 5, EndLine: 5, Outcome: "failed"},
		}}}},
	} {
		t.Run(name, func(t *testing.T) {
			document, err := jsonschema.UnmarshalJSON(bytes.NewReader(render(t, r)))
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(document); err != nil {
				t.Error(err)
			}
		})
	}
}

func compile(t *testing.T) *jsonschema.Schema {
	t.Helper()
	f, err := os.Open("testdata/sarif-schema-2.1.0.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	document, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat() // that of URIs, above all
	if err := c.AddResource("sarif.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("sarif.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func render(t *testing.T, r *report.Report) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := (sarif.Renderer{}).Render(&buf, r, report.Options{}); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// Columns are bytes in a report and UTF-16 code units in SARIF.
func TestColumns(t *testing.T) {
	source := "RUN echo é𝄞 x"
	f := report.Finding{Rule: "r", File: "Dockerfile", Line: 2, EndLine: 2, Column: 10, EndColumn: 16, Source: []string{source}}
	var document struct {
		Runs []struct {
			Results []struct {
				Locations []struct {
					PhysicalLocation struct {
						Region struct{ StartColumn, EndColumn int }
					}
				}
			}
		}
	}
	if err := json.Unmarshal(render(t, &report.Report{Findings: []report.Finding{f}}), &document); err != nil {
		t.Fatal(err)
	}
	region := document.Runs[0].Results[0].Locations[0].PhysicalLocation.Region
	if region.StartColumn != 10 || region.EndColumn != 13 { // é is one unit, 𝄞 two
		t.Errorf("columns %d to %d, want 10 to 13", region.StartColumn, region.EndColumn)
	}
}
