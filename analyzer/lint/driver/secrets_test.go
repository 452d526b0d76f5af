package driver

import (
	"testing"

	"github.com/layerwise/layerwise/analyzer/lint/finding"
	"github.com/layerwise/layerwise/analyzer/lint/rules"
)

func TestSecretLines(t *testing.T) {
	index := rules.NewIndex()
	for _, id := range []string{"secret-in-build", "SecretsUsedInArgOrEnv"} {
		hidden := secretLines(index, []finding.Finding{{Rule: id, Span: finding.Span{Line: 3, EndLine: 4}}})
		for line, want := range map[int]bool{0: false, 2: false, 3: true, 4: true, 5: false} {
			if got := hidden(finding.Span{Line: line, EndLine: line}); got != want {
				t.Errorf("%s, line %d: %v", id, line, got)
			}
		}
	}
	if secretLines(index, []finding.Finding{{Rule: "copy-link", Span: finding.Span{Line: 3}}})(finding.Span{Line: 3}) {
		t.Error("a rule that shows no secret hides a line")
	}
}
