package report_test

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/layerwise/layerwise/report"
)

func TestReadErrors(t *testing.T) {
	const head = `{"schema": "layerwise/report/v1", "kind": "build", `
	tests := []struct{ name, in, want string }{
		{"empty", "", "the report is damaged: it ends too early"},
		{"cut short", head + `"builds": [{"id": "a`, "the report is damaged: it ends too early"},
		{"no JSON", "layerwise build ./Dockerfile", "the report is damaged: byte 1: invalid character 'l'"},
		{"more behind it", head + `"builds": []} {}`, "after top-level value"},
		{"an array", "[]", "the report is damaged: byte 1: the report has the wrong type: array"},
		{"other JSON", `{"name": "x"}`, `this is not a layerwise report: its schema is not "layerwise/report/v1"`},
		{"a record", `{"schema": "layerwise/record/v1"}`, "this is not a layerwise report"},
		{"schema of another type", `{"schema": 1}`, "this is not a layerwise report"},
		{"newer", `{"schema": "layerwise/report/v2", "builds": 7}`, `the schema "layerwise/report/v2", and this layerwise reads "layerwise/report/v1": update layerwise`},
		{"older or odd", `{"schema": "layerwise/report/v0"}`, `unknown schema "layerwise/report/v0"`},
		{"no kind", `{"schema": "layerwise/report/v1"}`, "its kind is missing"},
		{"unknown kind", `{"schema": "layerwise/report/v1", "kind": "dance\u001b"}`, `its kind is "\"dance\\u001b\""`},
		{"wrong type", head + `"builds": [{"steps": [{"line": "x"}]}]}`, "builds.steps.line has the wrong type: string"},
		{"twice the same id", head + `"builds": [{"steps": [{"id": "a"}, {"id": "a"}]}]}`, `build 1 has two steps with the id "a"`},
		{"time out of range", head + `"builds": [{"started": "yesterday"}]}`, "the report is damaged: "},
		{"number out of range", head + `"builds": [{"seconds": 1e999}]}`, "builds.seconds has the wrong type: number"},
		{"deep", strings.Repeat("[", 100_000), "nested too deeply"},
		{"many", head + `"builds": [` + strings.Repeat("{},", 3<<20) + `{}]}`, "more than 2097152 entries"},
		{"many of the wrong type", head + `"builds": [` + strings.Repeat("0,", 3<<20) + `0]}`, "more than 2097152 entries"},
		{"UTF-16", "\xff\xfe{\x00", "the report is UTF-16"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := report.Read(strings.NewReader(tt.in))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
		})
	}
}

func TestReadFillsArrays(t *testing.T) {
	in := "\ufeff" + `{"schema": "layerwise/report/v1", "kind": "build", "future": {"x": [1]}, "findings": null,
		"builds": [{"steps": [{"id": "a", "causes": [{"files": null}], "layers": null}], "roots": [{"step": "a"}]}]}`
	r, err := report.Read(strings.NewReader(in))
	if err != nil {
		t.Fatal(err)
	}
	if data := marshal(t, r); bytes.Contains(data, []byte("null")) {
		t.Errorf("null in %s", data)
	}
}

func TestNormalized(t *testing.T) {
	late := time.Unix(1<<40, 0)
	east := time.Date(2026, 3, 14, 1, 0, 0, 0, time.FixedZone("", 3600))
	size := int64(7)
	r := &report.Report{
		Kind: report.Build,
		Builds: []report.BuildReport{{
			Seconds: math.NaN(), Started: late, BaselineStarted: &east,
			Steps: []report.Step{{
				ID: "a", Seconds: math.Inf(1), SavedSeconds: -3,
				Causes: []report.Cause{{Kind: "files-changed"}}, Layers: []report.Layer{{Uncompressed: &size}},
			}},
			Roots:   []report.Root{{Seconds: math.Inf(-1)}},
			Summary: report.Summary{SecondsRun: math.NaN(), SecondsSaved: 2},
		}},
		Findings: []report.Finding{{Fix: &report.Fix{}}},
	}
	n := r.Normalized()
	b := n.Builds[0]
	want := report.BuildReport{
		Platforms: []string{}, StandIns: []report.StandIn{}, Imports: []report.Import{}, Phases: []report.Phase{}, Warnings: []string{}, BaselineStarted: b.BaselineStarted,
		Steps: []report.Step{{
			ID: "a", Causes: []report.Cause{{Kind: "files-changed", Files: []report.FileChange{}}},
			DependsOn: []string{}, Layers: []report.Layer{{Uncompressed: &size}},
		}},
		Roots:   []report.Root{{Steps: []string{}}},
		Summary: report.Summary{SecondsSaved: 2},
	}
	if diff := cmp.Diff(want, b); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got := b.BaselineStarted.Format(time.RFC3339); got != "2026-03-14T00:00:00Z" {
		t.Errorf("time is %s", got)
	}
	if n.Schema != report.Schema || n.Findings[0].Fix.Edits == nil {
		t.Errorf("got %+v", n)
	}
	if !math.IsNaN(r.Builds[0].Seconds) || r.Builds[0].Steps[0].Causes[0].Files != nil || r.Findings[0].Fix.Edits != nil || r.Builds[0].BaselineStarted != &east {
		t.Error("the original changed")
	}
	marshal(t, n)
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"schema": "layerwise/report/v1", "kind": "rebuild", "builds": [{"steps": [{"id": "a"}]}], "findings": [{"fix": {}}]}`))
	f.Add([]byte(`{"schema": "layerwise/report/v1", "kind": "lint", "findings": [null]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := report.Read(bytes.NewReader(data))
		if err != nil {
			return
		}
		again, err := report.Read(bytes.NewReader(marshal(t, r)))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(r, again); diff != "" {
			t.Errorf("another report when read again:\n%s", diff)
		}
	})
}

func marshal(t *testing.T, r *report.Report) []byte {
	t.Helper()
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
