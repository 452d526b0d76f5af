package predict_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/layerwise/layerwise/analyzer/predict"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/layerwise/layerwise/analyzer/solve"
)

// BenchmarkPredict predicts on a running engine: what was just built, and what
// was built before an edit. A build beside it has all in the cache, so that the
// two can be compared.
func BenchmarkPredict(b *testing.B) {
	quickstart, err := filepath.Abs("../../examples/quickstart")
	if err != nil {
		b.Fatal(err)
	}
	many := b.TempDir()
	for i := range 12500 {
		dir := filepath.Join(many, "src", fmt.Sprint(i%125))
		if err := os.MkdirAll(dir, 0o755); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprint(i)), []byte(strings.Repeat(fmt.Sprintln(i), 900)), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	text := "FROM busybox AS build\nRUN echo tools > /tools\nCOPY src /src\nRUN ls /src > /list\nFROM busybox\nCOPY --from=build /list /list\n"
	if err := os.WriteFile(filepath.Join(many, "Dockerfile"), []byte(text), 0o644); err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct{ name, dir, edit string }{
		{"quickstart", quickstart, "theme.txt"},
		{"12500-files", many, "src/7/7"},
	} {
		b.Run(c.name, func(b *testing.B) {
			p := newProject(b, startEngine(b), nil)
			p.dir = c.dir
			p.options.StatCache = b.TempDir()
			p.build()
			b.Run("nothing-to-do", func(b *testing.B) {
				for b.Loop() {
					p.predict()
				}
			})
			b.Run("edit", func(b *testing.B) {
				p.edits = []string{c.edit}
				defer func() { p.edits = nil }()
				for b.Loop() {
					rec, err := predict.Run(b.Context(), p.eng, predict.Options{Build: p.buildOptions(), History: p.history, Edits: p.edits})
					if err != nil {
						b.Fatal(err)
					}
					if !strings.Contains(outcomes(rec), string(record.Run)) {
						b.Fatalf("nothing runs: %s", outcomes(rec))
					}
				}
			})
			b.Run("build", func(b *testing.B) {
				for b.Loop() {
					if _, err := solve.Run(b.Context(), p.eng, p.buildOptions()); err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}
