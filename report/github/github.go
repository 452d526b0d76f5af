// Package github renders findings as workflow commands of GitHub Actions, which
// shows them as annotations on the lines of a change. It shows ten of each
// severity a step and keeps the rest in the log; SARIF has no such bound.
package github

import (
	"fmt"
	"io"
	"strings"

	"github.com/layerwise/layerwise/report"
)

// Renderer is the github format.
type Renderer struct{}

// Name is "github".
func (Renderer) Name() string { return "github" }

// Render writes one command for each remark, gravest first, since the rest is not
// shown.
func (Renderer) Render(w io.Writer, r *report.Report, _ report.Options) error {
	remarks := r.Remarks()
	var b strings.Builder
	for _, severity := range []string{"error", "warning", ""} {
		for _, f := range remarks {
			if known := f.Severity == "error" || f.Severity == "warning"; f.Severity == severity || !known && severity == "" {
				command(&b, f)
			}
		}
	}
	if b.Len() == 0 {
		b.WriteString("no findings\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func command(b *strings.Builder, f report.Finding) {
	name := "notice"
	if f.Severity == "error" || f.Severity == "warning" {
		name = f.Severity
	}
	fmt.Fprintf(b, "::%s file=%s", name, property(f.File))
	if f.Line > 0 {
		fmt.Fprintf(b, ",line=%d,endLine=%d", f.Line, max(f.EndLine, f.Line))
	}
	// GitHub takes columns only where both ends are on one line.
	if f.Column > 0 && f.EndLine <= f.Line {
		fmt.Fprintf(b, ",col=%d,endColumn=%d", f.Column, max(f.EndColumn, f.Column))
	}
	fmt.Fprintf(b, ",title=%s::%s\n", property(f.Rule), data(f.Message))
}

// data and property escape as @actions/core does (command.ts), after what a
// terminal could act on.
func data(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(report.Clean(s))
}

func property(s string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(data(s))
}
