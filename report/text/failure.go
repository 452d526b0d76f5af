package text

import (
	"fmt"
	"strings"
)

// failure prints the error of a build, last, as it stands, so that it can be
// copied.
func (v *view) failure() {
	b := v.build
	if b.Error == "" && b.Result != "failed" && b.Result != "canceled" {
		return
	}
	v.blank()
	head := v.clean(b.Result)
	if head == "" || head == "none" || head == "succeeded" {
		head = "error"
	}
	culprit := "failed" // also of a build that is only predicted to
	if b.Result == "canceled" {
		culprit = b.Result
	}
	for i := range b.Steps {
		if s := &b.Steps[i]; s.Outcome == culprit {
			head += " at " + v.place(s, "")
			break
		}
	}
	lines := strings.Split(strings.Trim(b.Error, "\r\n"), "\n")
	const most = 40
	if len(lines) > most && !v.opts.Verbose {
		lines = append(lines[:most], fmt.Sprintf("and %d more lines", len(lines)-most))
	}
	switch {
	case b.Error == "":
		v.wrapped(loud, margin, head)
	case len(lines) == 1:
		v.print(loud, margin, head+": "+v.errorLine(lines[0]))
	default:
		v.wrapped(loud, margin, head+":")
		for _, l := range lines {
			v.print(plain, 2*margin, v.errorLine(l))
		}
	}
}

// errorLine cleans one line of an error, and keeps its indentation by tabs.
func (v *view) errorLine(s string) string {
	return v.clean(strings.ReplaceAll(strings.TrimRight(s, "\r"), "\t", "    "))
}
