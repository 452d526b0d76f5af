package oracle_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/layerwise/layerwise/analyzer/predict"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/layerwise/layerwise/analyzer/solve"
	"github.com/moby/buildkit/client"
)

// TestPredictFailing predicts builds that are bound to fail, on both engines: which
// step fails, what is not reached, and what comes from the cache all the same. The
// build that follows agrees with everything that is said for certain.
func TestPredictFailing(t *testing.T) {
	if testing.Short() {
		t.Skip("builds for real; not with -short")
	}
	tests := []struct {
		name       string
		good, bad  string // good is built before, where there is one
		want, says string // a letter for each step: hit, undecided, failed, not run
		again      bool   // the bad one is built once before the prediction
	}{
		{name: "a file of a stage that was looked for before", bad: "FROM busybox AS x\nFROM busybox\nWORKDIR /w\nCOPY a.txt .\nRUN echo never-ran\nCOPY --from=x /nope /nope\n",
			want: "hhuuuf", says: `"/nope" is not in the image that it is copied from`, again: true},
		{name: "a file of the context", good: "FROM busybox\nRUN echo 1\nRUN echo 2\n", bad: "FROM busybox\nRUN echo 1\nRUN echo 2\nCOPY none.txt /\nRUN echo 3\n",
			want: "hhhfn", says: `"none.txt" is not in the build context`},
		{name: "on a step that has to run", good: "FROM busybox\nRUN echo 1\n", bad: "FROM busybox\nRUN echo 1\nRUN echo new\nCOPY none.txt /\n",
			want: "uuuf", says: `"none.txt" is not in the build context`},
		{name: "beside a stage that is in the cache", good: "FROM busybox AS a\nRUN echo a > /a\nFROM busybox\nRUN echo 1\nCOPY --from=a /a /\n",
			bad:  "FROM busybox AS a\nRUN echo a > /a\nFROM busybox\nRUN echo 1\nCOPY none.txt /\nCOPY --from=a /a /\n",
			want: "huhhfn", says: `"none.txt" is not in the build context`},
		{name: "a file that a stage makes no longer has", good: "FROM busybox AS a\nRUN echo a > /a\nFROM busybox\nCOPY --from=a /a /\n",
			bad:  "FROM busybox AS a\nRUN echo a > /a\nFROM busybox\nCOPY --from=a /b /\n",
			want: "hhhf", says: `"/b" is not in what line 2 makes`, again: true},
	}
	for _, w := range []*watched{{Engine: startEmbedded(t), name: "embedded"}, {Engine: startBuildkitd(t), name: "buildkitd"}} {
		for _, tt := range tests {
			t.Run(w.name+"/"+tt.name, func(t *testing.T) {
				if err := w.Client().Prune(t.Context(), nil, client.PruneAll); err != nil {
					t.Fatal(err)
				}
				dir := t.TempDir()
				var history []*record.Record
				build := func(dockerfile string) *record.Record {
					for name, text := range map[string]string{"Dockerfile": dockerfile, "a.txt": "a"} {
						if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
							t.Fatal(err)
						}
					}
					rec, err := solve.Run(t.Context(), w.Engine, w.options(t, dir))
					if rec == nil {
						t.Fatal(err)
					}
					history = append([]*record.Record{rec}, history...)
					return rec
				}
				if tt.good != "" {
					build(tt.good)
				}
				if tt.again {
					build(tt.bad)
				}
				if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(tt.bad), 0o644); err != nil {
					t.Fatal(err)
				}
				predicted, err := predict.Run(t.Context(), w.Engine, predict.Options{Build: w.options(t, dir), History: history})
				if err != nil {
					t.Fatal(err)
				}
				checkReasons(t, predicted)
				built := build(tt.bad)
				got := ""
				for i, s := range predicted.Steps {
					got += string(s.Outcome[:1])
					if became := built.Steps[i].Outcome; s.Outcome != record.Undecided && s.Outcome != became {
						t.Errorf("%s %s was predicted to be %s, it is %s", s.ID, s.Text, s.Outcome, became)
					}
				}
				if got != tt.want || predicted.Error != tt.says || predicted.FailedStep == "" {
					t.Errorf("predicted %s, %q at %q, want %s, %q", got, predicted.Error, predicted.FailedStep, tt.want, tt.says)
				}
			})
		}
	}
}
