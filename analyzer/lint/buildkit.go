package lint

import (
	"strings"

	"github.com/layerwise/layerwise/analyzer/lint/finding"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
)

// buildKitRule makes a rule of one of BuildKit's checks. They all come from one
// run of BuildKit's own linter, so that what BuildKit says is said here in the
// same words and the same places. A check that the file turns into an error
// (check=error=true) is an error here too.
func buildKitRule[F any](r linter.LinterRule[F], doc Doc, hadolint ...string) *Rule {
	title, _, _ := strings.Cut(r.Description, ". ") // one has a second sentence
	return &Rule{
		ID: r.Name, Title: title, Severity: finding.Warning, URL: r.URL, Doc: doc, Hadolint: hadolint,
		Check: func(p *Pass) {
			severity := finding.Severity("")
			if checkOptions(p.File).ReturnAsError {
				severity = finding.Error
			}
			for _, w := range p.conversion().warnings {
				if w.rule == r.Name {
					p.report(finding.Finding{Span: w.span, Message: w.message, Severity: severity})
				}
			}
		},
	}
}
