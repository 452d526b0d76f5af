package dockerfile

import (
	"fmt"
	"strings"
	"testing"
)

// large is a source of n instructions in stages of 20, each of four lines.
func large(n int) []byte {
	var b strings.Builder
	for i := range n {
		if i%20 == 0 {
			fmt.Fprintf(&b, "# stage %d\nFROM alpine:${V} \\\n\n  AS s%d\n", i/20, i/20)
			continue
		}
		fmt.Fprintf(&b, "RUN --mount=type=cache,target=/c <<E\necho %d\nE\n\n", i)
	}
	return []byte(b.String())
}

func TestLargeFile(t *testing.T) {
	src := large(20_000)
	f := mustParse(t, string(src))
	if n := len(f.All()); n != 20_000 || len(f.Stages) != 1000 {
		t.Errorf("%d instructions in %d stages", n, len(f.Stages))
	}
	if last := f.Stages[999]; last.Line != 79_922 || last.EndLine != 79_999 {
		t.Errorf("the last stage has lines %d-%d", last.Line, last.EndLine)
	}
	checkFile(t, f, src)
}

// Time per byte is the same for all of them.
func BenchmarkParse(b *testing.B) {
	for _, n := range []int{50, 2500, 25_000} {
		b.Run(fmt.Sprintf("%d lines", 4*n), func(b *testing.B) {
			src := large(n)
			b.SetBytes(int64(len(src)))
			for b.Loop() {
				if _, err := Parse("Dockerfile", src); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
