package solve_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/layerwise/layerwise/analyzer/engine"
	"github.com/layerwise/layerwise/analyzer/solve"
	"github.com/moby/buildkit/client"
)

// BenchmarkUnchangedImage builds images of 4 and of 400 MB in turn, of which
// nothing changed, and compares the two: a build that makes no layer reads none.
func BenchmarkUnchangedImage(b *testing.B) {
	eng := startEngine(b)
	small, large := imageOptions(b, 4), imageOptions(b, 400)
	var times [2][]time.Duration
	for range 2 {
		for _, o := range []solve.Options{small, large} {
			rebuild(b, eng, o)
		}
	}
	for b.Loop() {
		for i, o := range []solve.Options{small, large} {
			start := time.Now()
			rebuild(b, eng, o)
			times[i] = append(times[i], time.Since(start))
		}
	}
	for i := range times {
		slices.Sort(times[i])
	}
	median := func(t []time.Duration) float64 { return t[len(t)/2].Seconds() }
	b.ReportMetric(1000*median(times[0]), "ms/small")
	b.ReportMetric(1000*median(times[1]), "ms/large")
	b.ReportMetric(median(times[1])/median(times[0]), "large/small")
}

// imageOptions are those of an image of so many megabytes, in 40 files.
func imageOptions(b *testing.B, megabytes int) solve.Options {
	b.Helper()
	o := buildOptions(b, "FROM busybox:1.37\nCOPY data /data\nRUN ls /data > /list\n")
	dir := filepath.Join(o.Source.Context, "data")
	if err := os.Mkdir(dir, 0o755); err != nil {
		b.Fatal(err)
	}
	random := rand.NewChaCha8([32]byte{})
	for i := range 40 {
		data := make([]byte, megabytes*1_000_000/40)
		random.Read(data)
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprint(i)), data, 0o644); err != nil {
			b.Fatal(err)
		}
	}
	o.StatCache, o.LayerCache = b.TempDir(), b.TempDir()
	o.Outputs = []client.ExportEntry{{Type: client.ExporterImage, Attrs: map[string]string{"name": fmt.Sprintf("bench:%d", megabytes)}}}
	return o
}

func rebuild(b *testing.B, eng engine.Engine, o solve.Options) {
	b.Helper()
	rec, err := solve.Run(b.Context(), eng, o)
	if err != nil {
		b.Fatal(err)
	}
	if l := rec.Steps[1].Layers; len(l) != 1 || l[0].Files == nil || *l[0].Files != 40 {
		b.Fatalf("layers of the COPY: %+v", l)
	}
}
