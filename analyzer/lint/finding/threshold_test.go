package finding_test

import (
	"testing"

	"github.com/layerwise/layerwise/analyzer/lint/finding"
)

func TestThreshold(t *testing.T) {
	for _, tt := range []struct {
		threshold finding.Threshold
		want      [3]bool // error, warning, info
	}{
		{"error", [3]bool{true, false, false}},
		{"warning", [3]bool{true, true, false}},
		{"info", [3]bool{true, true, true}},
		{"none", [3]bool{}},
	} {
		for i, s := range []finding.Severity{finding.Error, finding.Warning, finding.Info} {
			if got := tt.threshold.Reached(s); got != tt.want[i] {
				t.Errorf("%s reaches %s: %v", s, tt.threshold, got)
			}
		}
	}
}
