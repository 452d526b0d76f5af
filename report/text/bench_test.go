package text_test

import (
	"fmt"
	"io"
	"testing"

	"github.com/layerwise/layerwise/report"
	"github.com/layerwise/layerwise/report/text"
)

func BenchmarkRebuild(b *testing.B) {
	r := &report.Report{Kind: report.Rebuild}
	for n := range 20 {
		br := on1(report.BuildReport{Label: fmt.Sprint("edit ", n)})
		for i := range 10_000 {
			line := fmt.Sprintf("RUN make step%d", i)
			if i == n*400 {
				line += " --edited"
			}
			s := step(i+1, line, "layer", "miss", took(1))
			if n == 0 {
				first()(&s)
			} else {
				after(fmt.Sprintf("L%d", i))(&s)
			}
			br.Steps = append(br.Steps, s)
		}
		r.Builds = append(r.Builds, br)
	}
	b.ResetTimer()
	for range b.N {
		w := io.Discard
		if err := (text.Renderer{}).Render(w, r, report.Options{Width: 120}); err != nil {
			b.Fatal(err)
		}
	}
}
