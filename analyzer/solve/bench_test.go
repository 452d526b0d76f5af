package solve_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/layerwise/layerwise/analyzer/solve"
)

// BenchmarkPlan maps Dockerfiles of several lengths, which an engine is not
// needed for. The time per line is what to compare: it should not grow.
func BenchmarkPlan(b *testing.B) {
	for _, tt := range []struct{ lines, stage int }{
		{20, 50}, {200, 50}, {2000, 50}, {10000, 50},
		{200, 200}, {2000, 2000}, // one stage: each instruction inherits from all before it
	} {
		b.Run(fmt.Sprintf("%d-lines-%d-a-stage", tt.lines, tt.stage), func(b *testing.B) {
			o := solve.Options{Source: longSource(b, tt.lines, tt.stage)}
			for b.Loop() {
				if _, err := solve.Plan(b.Context(), o); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*tt.lines), "µs/line")
		})
	}
}

// longSource is a Dockerfile with the usual mix of instructions, so many of them
// a stage.
func longSource(b *testing.B, lines, stage int) solve.Source {
	b.Helper()
	dir := b.TempDir()
	var text strings.Builder
	for i := range lines {
		switch {
		case i%stage == 0:
			fmt.Fprintf(&text, "FROM busybox AS s%d\n", i/stage)
		case i%stage == stage-1 && i > stage:
			fmt.Fprintf(&text, "COPY --from=s%d /f%d /g%d\n", i/stage-1, i-stage-1, i)
		case i%5 == 1:
			fmt.Fprintf(&text, "ENV E%d=%d\n", i, i)
		case i%5 == 2:
			fmt.Fprintf(&text, "RUN make step%d\n", i)
		case i%5 == 3:
			fmt.Fprintf(&text, "COPY src /f%d\n", i)
		case i%5 == 4:
			fmt.Fprintf(&text, "LABEL l%d=%d\n", i, i)
		default:
			fmt.Fprintf(&text, "ARG a%d=%d\n", i, i)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(text.String()), 0o644); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "src"), []byte("x"), 0o644); err != nil {
		b.Fatal(err)
	}
	src, err := solve.Open(dir, "", nil)
	if err != nil {
		b.Fatal(err)
	}
	return src
}
