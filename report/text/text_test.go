package text_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/layerwise/layerwise/report"
	"github.com/layerwise/layerwise/report/text"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestGolden(t *testing.T) {
	tests := []struct {
		name   string
		report *report.Report
		opts   report.Options
	}{
		{"build-first", firstBuild(), report.Options{Width: 120}},
		{"build-first-verbose", firstBuild(), report.Options{Width: 120, Verbose: true}},
		{"build-edit", sourceEdit(), report.Options{Width: 120}},
		{"build-edit-colour", sourceEdit(), report.Options{Width: 120, Color: true}},
		{"build-edit-ascii", sourceEdit(), report.Options{Width: 100, ASCII: true}},
		{"build-edit-80", sourceEdit(), report.Options{Width: 80}},
		{"build-edit-60", sourceEdit(), report.Options{Width: 60}},
		{"build-edit-no-terminal", sourceEdit(), report.Options{}},
		{"build-causes", manyCauses(), report.Options{Width: 110}},
		{"build-causes-60", manyCauses(), report.Options{Width: 60}},
		{"build-causes-verbose", manyCauses(), report.Options{Width: 110, Verbose: true}},
		{"build-failing", failing(), report.Options{Width: 100}},
		{"build-several-fail", severalFail(), report.Options{Width: 100}},
		{"build-after-failure", afterFailure(), report.Options{Width: 100}},
		{"build-earlier", afterEarlier(), report.Options{Width: 100}},
		{"build-emptied", emptied(), report.Options{Width: 100}},
		{"predict-failure", predictedFailure(), report.Options{Width: 100}},
		{"build-platforms", multiPlatform(), report.Options{Width: 110}},
		{"build-hostile", hostile(), report.Options{Width: 110}},
		{"build-hostile-ascii", hostile(), report.Options{Width: 110, ASCII: true}},
		{"build-long-instruction", longInstruction(), report.Options{}},
		{"rebuild", scenario(), report.Options{Width: 110}},
		{"rebuild-colour", scenario(), report.Options{Width: 110, Color: true}},
		{"rebuild-60", scenario(), report.Options{Width: 60}},
		{"rebuild-long", longScenario(), report.Options{Width: 100}},
		{"rebuild-long-no-terminal", longScenario(), report.Options{}},
		{"rebuild-edited", editedDockerfile(), report.Options{Width: 100}},
		{"explain", explained(), report.Options{Width: 130}},
		{"explain-80", explained(), report.Options{Width: 80}},
		{"explain-60", explained(), report.Options{Width: 60}},
		{"predict", predicted(), report.Options{Width: 110}},
		{"compare", compared(), report.Options{Width: 110}},
		{"lint", linted(), report.Options{Width: 100}},
		{"lint-60", linted(), report.Options{Width: 60, Verbose: true}},
		{"lint-none", &report.Report{Kind: report.Lint}, report.Options{}},
		{"empty", &report.Report{Kind: report.Build}, report.Options{}},
		{"empty-build", built(report.Build, report.BuildReport{}), report.Options{}},
		{"empty-rebuild", &report.Report{Kind: report.Rebuild, Builds: make([]report.BuildReport, 1)}, report.Options{}},
	}
	wanted := map[string]bool{}
	for _, tt := range tests {
		wanted[tt.name+".txt"] = true
		t.Run(tt.name, func(t *testing.T) {
			tt.opts.Now = now
			got := render(t, tt.report, tt.opts)
			got = strings.ReplaceAll(got, "\x1b", "^[") // a golden file is for reading
			golden(t, tt.name, got)
		})
	}
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !wanted[filepath.Base(f)] {
			t.Errorf("%s belongs to no test", f)
		}
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("differs from %s, which -update rewrites (-want +got):\n%s", path, diff)
	}
}

// The header says when steps have the machine's network.
func TestNetworkInHeader(t *testing.T) {
	for network, want := range map[string]bool{"": false, "isolated": false, "host": true} {
		r := firstBuild()
		r.Builds[0].Engine.Network = network
		if got := strings.Contains(render(t, r, report.Options{Width: 120}), "   network: host"); got != want {
			t.Errorf("network %q: header says host: %t", network, got)
		}
	}
}

func render(t *testing.T, r *report.Report, o report.Options) string {
	t.Helper()
	var buf bytes.Buffer
	if err := (text.Renderer{}).Render(&buf, r, o); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

func longInstruction() *report.Report {
	r := sourceEdit()
	r.Builds[0].Steps[2].Text = "RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates curl git make gcc g++ pkg-config && rm -rf /var/lib/apt/lists/*"
	return r
}
