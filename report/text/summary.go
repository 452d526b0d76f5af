package text

import (
	"fmt"
	"slices"
	"strings"

	"github.com/layerwise/layerwise/report"
)

// mostRoots is how many causes of their own are listed below a table.
const mostRoots = 8

// summary prints what a build came to: a sentence, and what each cause of its
// own cost.
func (v *view) summary() {
	v.wrapped(bold, margin, v.sentence())
	if u := v.build.Unreached; u != nil {
		v.wrapped(plain, 2*margin, v.says(u.Message))
	}
	for _, l := range v.roots() {
		v.wrapped(plain, 2*margin, l)
	}
}

// sentence counts the outcomes that the table shows, so that a reader can count
// along, and says what they took.
func (v *view) sentence() string {
	if v.kind == report.Predict {
		return v.forecast()
	}
	hit, miss, failed, canceled, notRun := v.count("hit"), v.count("miss"), v.count("failed"), v.count("canceled"), v.count("not-run")
	sum := v.build.Summary
	var parts []string
	add := func(n int, part string) {
		if n > 0 {
			parts = append(parts, part)
		}
	}
	add(hit, count(hit, "hit")+timed(" saved "+atLeast(sum.SavedAtLeast), sum.SecondsSaved, noticeable))
	add(miss, count(miss, "miss")+timed(" cost "+atLeast(sum.RunAtLeast), sum.SecondsRun, measurable))
	if hit > 0 && miss+failed+canceled == 0 {
		parts = append(parts, "no misses")
	}
	add(failed, fmt.Sprintf("%d failed", failed))
	add(canceled, fmt.Sprintf("%d canceled", canceled))
	add(notRun, fmt.Sprintf("%d not run", notRun))
	if len(parts) == 0 {
		parts = append(parts, "nothing to run")
	}
	text := strings.Join(parts, ", ") + timed("; the build took ", v.build.Seconds, measurable) + v.phases()
	if v.first {
		text = "first build: " + text
	}
	return text
}

// forecast is the sentence of a prediction.
func (v *view) forecast() string {
	sum := v.build.Summary
	var parts []string
	if n := v.count("hit"); n > 0 {
		parts = append(parts, fmt.Sprintf("%d would hit", n)+timed(" and save "+atLeast(sum.SavedAtLeast), sum.SecondsSaved, noticeable))
	}
	if n := v.count("run"); n > 0 {
		parts = append(parts, fmt.Sprintf("%d would run", n)+timed(" for "+about(sum.RunAtLeast), sum.SecondsRun, noticeable))
	}
	if n := v.count("undecided"); n > 0 {
		parts = append(parts, fmt.Sprintf("%d undecided", n))
	}
	if len(parts) == 0 {
		return "predicted: nothing would run"
	}
	return "predicted: " + strings.Join(parts, ", ")
}

// atLeast stands before a sum in which the time of some steps is missing.
func atLeast(missing bool) string {
	if missing {
		return "at least "
	}
	return ""
}

// about stands before the time of what would run.
func about(missing bool) string {
	if missing {
		return atLeast(missing)
	}
	return "about "
}

// phaseNames are what takes time beside the build itself.
var phaseNames = map[string]string{
	"engine-start": "the engine's start", "facts": "reading what ran", "layers": "reading the layers",
	"record": "writing the record", "engine-stop": "the engine's stop",
}

// phases names what took more than a second of the command's time, and nobody saw.
func (v *view) phases() string {
	var long []string
	for _, p := range v.build.Phases {
		if name := phaseNames[p.Name]; name != "" && p.Seconds >= noticeable {
			long = append(long, name+" took "+duration(p.Seconds))
		}
	}
	if len(long) == 0 {
		return ""
	}
	return ", of which " + listed(long)
}

// timed writes a time that is at least so long, with words before it, or
// nothing.
func timed(words string, seconds, least float64) string {
	if !(seconds >= least) { // not a number is nothing, too
		return ""
	}
	return words + duration(seconds)
}

func (v *view) count(outcome string) int {
	n := 0
	for i := range v.build.Steps {
		if v.build.Steps[i].Outcome == outcome {
			n++
		}
	}
	return n
}

// roots has one line for each cause of its own, dearest first. A first build
// has none: all of it is the cause.
func (v *view) roots() []string {
	if v.first {
		return nil
	}
	var lines []string
	roots := slices.DeleteFunc(slices.Clone(v.build.Roots), func(r report.Root) bool {
		s := v.steps[r.Step]
		sharesTime := len(r.Steps) <= 1 && s != nil && v.steps[s.SharedWith] != nil // with another line, which tells it
		return sharesTime || v.onlyUnreached(s)
	})
	all := len(roots)
	if len(roots) > mostRoots+1 && !v.opts.Verbose {
		roots = roots[:mostRoots]
	}
	for _, r := range roots {
		if s := v.steps[r.Step]; s != nil {
			lines = append(lines, v.root(s, r))
		}
	}
	if more := all - len(roots); more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more causes", more))
	}
	return lines
}

// onlyUnreached says that a step has no cause of its own but that the build before
// did not come to it.
func (v *view) onlyUnreached(s *report.Step) bool {
	if s == nil {
		return false
	}
	for i := range s.Causes {
		if c := &s.Causes[i]; c.Root && !v.wasUnreached(s, c) {
			return false
		}
	}
	return v.unreached[s.ID]
}

// root writes "line 5 cost 9.9s with line 6: main.go changed".
func (v *view) root(s *report.Step, r report.Root) string {
	text := v.place(s, "")
	if v.kind == report.Predict {
		text += timed(" would cost "+about(r.AtLeast), r.Seconds, measurable)
	} else {
		text += " cost " + duration(r.Seconds)
	}
	others := slices.DeleteFunc(slices.Clone(r.Steps), func(id string) bool { return id == r.Step })
	if lines := v.lines(others); lines != "" {
		text += " with " + lines
	}
	var reasons []string
	for i := range s.Causes {
		if c := &s.Causes[i]; c.Root && !v.wasUnreached(s, c) {
			for _, par := range v.cause(c)[:1] {
				reasons = append(reasons, par.text)
			}
		}
	}
	const most = 2
	if more := len(reasons) - most; more > 0 && !v.opts.Verbose {
		reasons = append(reasons[:most], "and "+count(more, "more cause"))
	}
	if len(reasons) == 0 {
		return text
	}
	return text + ": " + strings.Join(reasons, "; ")
}
