package report

import (
	"path"
	"strings"

	"github.com/layerwise/layerwise/analyzer/record"
)

// MissRule is how the formats that know only findings call a root miss; the
// kind of its cause follows, as in "cache-miss/files-changed".
const MissRule = "cache-miss/"

// FailureRule is how those formats call a step that failed.
const FailureRule = "step-failed"

// Remarks returns the report's findings and, as further ones, its failed steps
// and root misses, for formats that know only findings. They stand in the order of
// the report.
func (r *Report) Remarks() []Finding {
	remarks := append([]Finding{}, r.Findings...)
	for i := range r.Builds {
		b := &r.Builds[i]
		for j := range b.Steps {
			remarks = append(remarks, b.remarks(&b.Steps[j])...)
		}
	}
	return remarks
}

func (b *BuildReport) remarks(s *Step) []Finding {
	at := Finding{File: b.file(), Line: s.Line, EndLine: s.EndLine, Basis: string(b.Basis)}
	var out []Finding
	if s.Outcome == record.StepFailed {
		f := at
		f.Rule, f.Severity = FailureRule, "error"
		f.Message = s.Instruction + " failed"
		if b.Error != "" {
			f.Message = b.Error
		}
		out = append(out, f)
	}
	for _, c := range s.Causes {
		if !c.Root || s.Outcome == record.StepFailed {
			continue
		}
		f := at
		f.Rule, f.Severity = MissRule+string(c.Kind), "info"
		f.Message = s.Instruction + " " + verb(b.Basis) + ": " + c.Message
		out = append(out, f)
	}
	return out
}

func verb(basis record.Basis) string {
	if basis == record.Predicted {
		return "would miss the cache"
	}
	return "missed the cache"
}

// file is the Dockerfile's path from where the report was made.
func (b *BuildReport) file() string {
	if b.Context == "" || strings.Contains(b.Context, "://") || path.IsAbs(b.Dockerfile) || b.Dockerfile == "-" {
		return b.Dockerfile
	}
	return path.Join(b.Context, b.Dockerfile)
}
