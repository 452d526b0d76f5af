// Package gitlab renders findings as a code quality report of GitLab, which shows
// them in merge requests: the part of the Code Climate format that GitLab reads.
package gitlab

import (
	"crypto/sha256"
	"fmt"
	"io"
	"strings"

	"github.com/layerwise/layerwise/report"
	"github.com/layerwise/layerwise/report/json"
)

// Renderer is the gitlab format.
type Renderer struct{}

// Name is "gitlab".
func (Renderer) Name() string { return "gitlab" }

type issue struct {
	Description string   `json:"description"`
	CheckName   string   `json:"check_name"`
	Fingerprint string   `json:"fingerprint"`
	Severity    string   `json:"severity"`
	Location    location `json:"location"`
}

type location struct {
	Path  string `json:"path"`
	Lines lines  `json:"lines"`
}

type lines struct {
	Begin int `json:"begin"`
	End   int `json:"end"`
}

// Render writes one issue for each remark.
func (Renderer) Render(w io.Writer, r *report.Report, _ report.Options) error {
	issues := []issue{}
	seen := map[string]int{}
	for _, f := range r.Remarks() {
		begin := max(f.Line, 1)
		issues = append(issues, issue{
			Description: report.Clean(f.Message), CheckName: f.Rule, Fingerprint: fingerprint(f, seen), Severity: severity(f.Severity),
			Location: location{Path: strings.TrimPrefix(f.File, "./"), Lines: lines{Begin: begin, End: max(f.EndLine, begin)}},
		})
	}
	return json.Write(w, issues)
}

// fingerprint is what GitLab pairs the findings of two branches by: the finding's
// own, else one that leaves the line out, so that a finding that only moved is no
// new one. The number of its like before it keeps two of a kind apart.
func fingerprint(f report.Finding, seen map[string]int) string {
	if f.Fingerprint != "" {
		return f.Fingerprint
	}
	what := strings.Join([]string{f.Rule, f.File, f.Message, strings.Join(f.Source, "\n")}, "\x00")
	seen[what]++
	return fmt.Sprintf("%x", sha256.Sum256(fmt.Appendf(nil, "%s\x00%d", what, seen[what])))
}

func severity(s string) string {
	switch s {
	case "error":
		return "critical"
	case "warning":
		return "minor"
	}
	return "info"
}
