package text

import (
	"fmt"
	"strings"

	"github.com/layerwise/layerwise/analyzer/record"
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
	for _, e := range v.build.Earlier {
		if lines := v.lines(e.Steps); lines != "" {
			are, them := "is", "it"
			if strings.HasPrefix(lines, "lines ") {
				are, them = "are", "them"
			}
			v.wrapped(plain, 2*margin, fmt.Sprintf("%s %s compared with the build %s, the last before it that came to %s", lines, are, ago(e.Started, v.opts.Now), them))
		}
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
	hit, miss, failed, canceled, notRun := v.count(record.Hit), v.count(record.Miss), v.count(record.StepFailed), v.count(record.StepCanceled), v.count(record.NotRun)
	sum := v.build.Summary
	var parts []string
	add := func(n int, part string) {
		if n > 0 {
			parts = append(parts, part)
		}
	}
	add(hit, count(hit, "hit")+timed(" saved "+atLeast(sum.SavedAtLeast), sum.SecondsSaved, noticeable))
	cost := sum.SecondsRun
	if failed+canceled > 0 { // whose time is told with them
		cost = v.seconds(record.Miss)
	}
	add(miss, count(miss, "miss")+timed(" cost "+atLeast(sum.RunAtLeast), cost, measurable))
	if hit > 0 && miss+failed+canceled == 0 {
		parts = append(parts, "no misses")
	}
	add(failed, fmt.Sprintf("%d failed", failed)+timed(" after ", v.seconds(record.StepFailed), measurable))
	add(canceled, fmt.Sprintf("%d canceled", canceled)+timed(" after ", v.seconds(record.StepCanceled), measurable))
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
	if n := v.count(record.Hit); n > 0 {
		parts = append(parts, fmt.Sprintf("%d would hit", n)+timed(" and save "+atLeast(sum.SavedAtLeast), sum.SecondsSaved, noticeable))
	}
	if n := v.count(record.Run); n > 0 {
		parts = append(parts, fmt.Sprintf("%d would run", n)+timed(" for "+about(sum.RunAtLeast), sum.SecondsRun, noticeable))
	}
	for _, rest := range []struct {
		outcome record.Outcome
		words   string
	}{{record.Undecided, "undecided"}, {record.StepFailed, "would fail"}, {record.NotRun, "would not be reached"}} {
		if n := v.count(rest.outcome); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, rest.words))
		}
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
	"waiting": "waiting for another process", "engine-start": "the engine's start", "export": "exporting", "facts": "reading what ran", "layers": "reading the layers",
	"record": "comparing", "engine-stop": "the engine's stop",
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

func (v *view) count(outcome record.Outcome) int {
	n := 0
	for i := range v.build.Steps {
		if v.build.Steps[i].Outcome == outcome {
			n++
		}
	}
	return n
}

// seconds is the time of all steps with an outcome, that of steps which share an
// operation once.
func (v *view) seconds(outcome record.Outcome) float64 {
	sum := 0.0
	for i := range v.build.Steps {
		if s := &v.build.Steps[i]; s.Outcome == outcome && v.steps[s.SharedWith] == nil {
			sum += max(0, s.Seconds)
		}
	}
	return sum
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
