package explain

import (
	"fmt"
	"strings"

	"github.com/layerwise/layerwise/analyzer/record"
)

// render writes the causes of a comparison for a table: a line a step, the
// causes apart by ";", a step that another follows as "<LINE".
func render(cur *record.Record, c *Comparison) string {
	var out strings.Builder
	for _, s := range cur.Steps {
		causes, ok := c.Causes[s.ID]
		if !ok {
			continue
		}
		fmt.Fprintf(&out, "%d", s.Line)
		if len(cur.Project.Platforms) > 1 {
			fmt.Fprintf(&out, " %s", s.Platform)
		}
		for k, cause := range causes {
			sep := " "
			if k > 0 {
				sep = "; "
			}
			fmt.Fprintf(&out, "%s%s", sep, cause.Kind)
			if !cause.Root {
				fmt.Fprintf(&out, "<%d", cur.Step(cause.Because).Line)
			}
			fmt.Fprintf(&out, ": %s", cause.Message)
		}
		out.WriteString("\n")
	}
	return out.String()
}

// dedent drops the indentation of a table's text.
func dedent(s string) string {
	var out []string
	for l := range strings.SplitSeq(strings.TrimSpace(s), "\n") {
		out = append(out, strings.TrimSpace(l))
	}
	if s = strings.Join(out, "\n"); s == "" {
		return ""
	}
	return s + "\n"
}
