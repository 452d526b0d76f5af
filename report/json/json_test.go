package json_test

import (
	"bytes"
	"flag"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/layerwise/layerwise/report"
	"github.com/layerwise/layerwise/report/json"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func sample() *report.Report {
	size, content, files := int64(310_000), int64(300_123), 12
	started := time.Date(2026, 3, 14, 15, 9, 26, 535_000_000, time.FixedZone("", 3600))
	return &report.Report{
		Kind: report.Build,
		Tool: report.Tool{Version: "1.2.3"},
		Builds: []report.BuildReport{{
			ID: "b1", Dockerfile: "Dockerfile", Context: ".", Platforms: []string{"linux/amd64"},
			Engine: report.Engine{Kind: "embedded", Isolation: "runc"}, Result: "succeeded", Started: started, Seconds: 1.5, Basis: "observed",
			Steps: []report.Step{{
				ID: "linux/amd64 build 2", Stage: "build", Platform: "linux/amd64", Instruction: "RUN", Text: "RUN a && b > <c>\n", Line: 2, EndLine: 2,
				Effect: "layer", Outcome: "miss", Seconds: math.Inf(1),
				Causes: []report.Cause{{Kind: "files-changed", Root: true, Message: "\x1b[1m \u009b \u202e \U000e0041 é", Files: []report.FileChange{{Path: "a", Change: "content"}}}},
				Layers: []report.Layer{{Size: 1200}, {Size: 3, Uncompressed: &size, ContentSize: &content, Files: &files}},
			}},
		}},
	}
}

func TestGolden(t *testing.T) {
	got := render(t, sample())
	if *update {
		if err := os.WriteFile("testdata/build.json", got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/build.json")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("differs from testdata/build.json, which -update rewrites (-want +got):\n%s", diff)
	}
}

// TestRoundTrip reads what was written: nothing is lost but what JSON cannot
// hold.
func TestRoundTrip(t *testing.T) {
	r := sample()
	got, err := report.Read(bytes.NewReader(render(t, r)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(r.Normalized(), got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestSafeToPrint(t *testing.T) {
	out := string(render(t, sample()))
	if i := strings.IndexAny(out, "\x1b\x7f\u009b\u202e\U000e0041"); i >= 0 {
		t.Errorf("a control character in %q", out[i:])
	}
	if !strings.HasSuffix(out, "}\n") {
		t.Error("no newline at the end")
	}
}

func TestEmpty(t *testing.T) {
	const want = `{
  "schema": "layerwise/report/v1",
  "kind": "lint",
  "tool": {
    "version": ""
  },
  "builds": [],
  "findings": []
}
`
	if diff := cmp.Diff(want, string(render(t, &report.Report{Kind: report.Lint}))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func render(t *testing.T, r *report.Report) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := (json.Renderer{}).Render(&buf, r, report.Options{Color: true, Width: 40}); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}
