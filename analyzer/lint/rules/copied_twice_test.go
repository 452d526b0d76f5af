package rules

import (
	"fmt"
	"strings"
	"testing"

	"github.com/layerwise/layerwise/analyzer/lint"
)

// BenchmarkManyCopies is a stage of thousands of copies, all of different files but
// for some at its end.
func BenchmarkManyCopies(b *testing.B) {
	var text strings.Builder
	text.WriteString("FROM debian:12\nWORKDIR /app\n")
	for i := range 3000 {
		fmt.Fprintf(&text, "COPY dir/f%d.txt dir/\n", i)
	}
	text.WriteString("COPY dir/f7.txt dir/f8.txt dir/\nCOPY dir/f1500.txt dir/\n")
	for b.Loop() {
		s, err := lint.NewSubject("Dockerfile", []byte(text.String()))
		if err != nil {
			b.Fatal(err)
		}
		found, err := lint.Run(b.Context(), s, []*lint.Rule{copiedTwice})
		if err != nil || len(found) != 1 {
			b.Fatalf("found %d: %v", len(found), err)
		}
	}
}
