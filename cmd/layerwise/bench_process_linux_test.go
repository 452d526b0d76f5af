package main_test

import (
	"slices"
	"testing"
	"time"
)

// BenchmarkProcess measures whole processes, from their start to their end.
func BenchmarkProcess(b *testing.B) {
	w := newWorld(b, 0)
	w.write("context/Dockerfile", "FROM scratch\nCOPY Dockerfile /\n")
	for _, tt := range []struct {
		name string
		args []string
	}{
		{"version", []string{"version"}},
		{"explain", []string{"explain", "context"}},
		{"engine-info", []string{"engine", "info"}},
		{"build", []string{"build", "context"}},
	} {
		b.Run(tt.name, func(b *testing.B) {
			w.ok(tt.args...)
			var took []time.Duration
			for b.Loop() {
				took = append(took, w.ok(tt.args...).took)
			}
			b.ReportMetric(milliseconds(median(took)), "median-ms")
		})
	}
}

func median(list []time.Duration) time.Duration {
	list = slices.Sorted(slices.Values(list))
	return list[len(list)/2]
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
