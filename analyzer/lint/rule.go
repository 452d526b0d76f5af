package lint

import (
	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
)

// Rule is one check. It is a plain value: a rule has a file and test data of its
// own, and an entry in the list of package rules.
type Rule struct {
	ID       string // in kebab case; BuildKit's own checks keep their names
	Title    string // one line: what is wrong
	Severity finding.Severity
	Doc      Doc
	// Fix is how far the rule's fix can be trusted, "" where it has none.
	Fix finding.Safety
	// Hadolint has the ids of hadolint's rules that this one takes the place of.
	Hadolint []string
	URL      string
	// Off says that the rule is only looked for where somebody enables it.
	Off bool
	// ShowsSecrets says that the lines of a finding hold a secret. Reports are kept
	// and shown where the Dockerfile is not, so that they must not repeat these lines.
	ShowsSecrets bool
	// Check looks at one file. It is nil for findings that the driver makes.
	Check func(*Pass)
}

// Doc is a rule's page.
type Doc struct {
	Why  string // why it matters for the cache or the image, some sentences
	Bad  string // a Dockerfile, or a part of one
	Good string // the same put right
}

// Pass is one rule's look at one file.
type Pass struct {
	*Subject
	report func(finding.Finding)
}

// Report adds a finding about an instruction's lines. The driver fills in the
// rule, severity, file, basis and URL.
func (p *Pass) Report(in *dockerfile.Instruction, message string, fix *finding.Fix) {
	p.ReportAt(finding.Span{Line: in.Line, EndLine: in.EndLine}, message, fix)
}

// ReportAs adds a finding of another severity than the rule has.
func (p *Pass) ReportAs(s finding.Severity, at finding.Span, message string) {
	p.report(finding.Finding{Span: at, Message: message, Severity: s})
}

// ReportAt adds a finding about a place of the file.
func (p *Pass) ReportAt(at finding.Span, message string, fix *finding.Fix) {
	p.report(finding.Finding{Span: at, Message: message, Fix: fix})
}
