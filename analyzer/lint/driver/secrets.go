package driver

import (
	"slices"

	"github.com/layerwise/layerwise/analyzer/lint/finding"
	"github.com/layerwise/layerwise/analyzer/lint/rules"
)

// secretLines says which places hold a secret.
func secretLines(index *rules.Index, findings []finding.Finding) func(finding.Span) bool {
	var spans []finding.Span
	for _, f := range findings {
		if rule := index.Rule(f.Rule); rule != nil && rule.ShowsSecrets {
			spans = append(spans, f.Span)
		}
	}
	return func(at finding.Span) bool {
		return slices.ContainsFunc(spans, func(s finding.Span) bool {
			return at.Line <= max(s.EndLine, s.Line) && s.Line <= max(at.EndLine, at.Line)
		})
	}
}
