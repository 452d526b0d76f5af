package report_test

import (
	"cmp"
	"fmt"
	"strings"
	"testing"

	"github.com/layerwise/layerwise/report"
)

func TestAlign(t *testing.T) {
	tests := []struct {
		name   string
		builds []string // one letter an instruction
		want   string
	}{
		{"same", []string{"abc", "abc"}, "a12 b12 c12"},
		{"inserted", []string{"abc", "axbc"}, "a12 x2 b12 c12"},
		{"removed, and back", []string{"abc", "ac", "abc"}, "a123 b13 c123"},
		{"changed, and back", []string{"abc", "axc", "abc"}, "a123 b13 x2 c123"},
		{"moved", []string{"abcd", "bcda"}, "a1 b12 c12 d12 a2"},
		{"repeated", []string{"aaba", "aba"}, "a12 a1 b12 a12"},
		{"nothing in common", []string{"ab", "xy"}, "a1 b1 x2 y2"},
		{"empty", []string{"", "ab", ""}, "a2 b2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var builds []report.BuildReport
			for _, b := range tt.builds {
				var build report.BuildReport
				for i, c := range b {
					build.Steps = append(build.Steps, report.Step{ID: fmt.Sprint(string(c), i), Text: string(c)})
				}
				builds = append(builds, build)
			}
			var got []string
			for _, row := range report.Align(builds) {
				s := ""
				for i, step := range row.Steps {
					if step != "" {
						s = cmp.Or(s, step[:1]) + string(rune('1'+i))
					}
				}
				got = append(got, s)
			}
			if g := strings.Join(got, " "); g != tt.want {
				t.Errorf("rows are %q, want %q", g, tt.want)
			}
		})
	}
}
