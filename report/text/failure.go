package text

import (
	"fmt"
	"slices"
	"strings"

	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/layerwise/layerwise/report"
)

// failure prints the error of a build, last, as it stands, so that it can be
// copied.
func (v *view) failure() {
	b := v.build
	if b.Error == "" && b.Result != record.Failed && b.Result != record.Canceled {
		return
	}
	v.blank()
	head := v.clean(string(b.Result))
	switch b.Result {
	case "", record.NotBuilt, record.Succeeded:
		head = "error"
	}
	s := v.culprit()
	if v.kind == report.Predict {
		head = "predicted: the build fails"
	}
	if s != nil {
		head += " at " + v.place(s, "")
	}
	if v.kind == report.Predict {
		head += v.orElse(s)
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

// orElse names the other steps by which a build may fail that fails in any case: which
// one it is, is left to chance.
func (v *view) orElse(first *report.Step) string {
	var places []string
	for i := range v.build.Steps {
		s := &v.build.Steps[i]
		if place := v.place(s, ""); s.Outcome == record.StepFailed && s != first && !slices.Contains(places, place) && (first == nil || place != v.place(first, "")) {
			places = append(places, place)
		}
	}
	const most = 3
	if more := len(places) - most; more > 0 {
		places = append(places[:most:most], fmt.Sprintf("%d more lines", more))
	}
	if len(places) == 0 {
		return ""
	}
	return " or " + strings.Join(places, " or ")
}

// culprit returns the step whose error is that of the build: the one that the
// report names, else the first that failed with just this error, else the first
// that failed, or was cancelled with the build; nil for none.
func (v *view) culprit() *report.Step {
	b := v.build
	if s := v.steps[b.FailedStep]; s != nil {
		return s
	}
	var first *report.Step
	for i := range b.Steps {
		s := &b.Steps[i]
		switch {
		case s.Outcome == record.StepFailed && s.Error != "" && s.Error == b.Error:
			return s
		case first == nil && (s.Outcome == record.StepFailed || s.Outcome == record.StepCanceled && b.Result == record.Canceled):
			first = s
		}
	}
	return first
}

// errorLine cleans one line of an error, and keeps its indentation by tabs.
func (v *view) errorLine(s string) string {
	return v.clean(strings.ReplaceAll(strings.TrimRight(s, "\r"), "\t", "    "))
}
