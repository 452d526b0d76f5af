package text

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/layerwise/layerwise/report"
)

// rootLine is a line of the summary: the steps that ran for one and the same reason
// of their own, with what that cost.
type rootLine struct {
	roots   []*report.Step
	steps   []string // ids of all that ran because of them
	seconds float64
	atLeast bool
	reason  string
}

// roots has one line for each cause of its own, dearest first. A first build
// has none: all of it is the cause.
func (v *view) roots() []string {
	if v.first {
		return nil
	}
	lines := v.rootLines()
	all := len(lines)
	if len(lines) > mostRoots+1 && !v.opts.Verbose {
		lines = lines[:mostRoots]
	}
	var out []string
	for _, l := range lines {
		out = append(out, v.root(l))
	}
	if more := all - len(lines); more > 0 {
		out = append(out, fmt.Sprintf("and %d more causes", more))
	}
	return out
}

// rootLines joins the roots of a platform that have their reason word for word in
// common.
func (v *view) rootLines() []*rootLine {
	var lines []*rootLine
	type key struct{ platform, reason string }
	byReason := map[key]*rootLine{}
	for _, r := range v.build.Roots {
		s := v.steps[r.Step]
		if s == nil || len(r.Steps) <= 1 && v.steps[s.SharedWith] != nil || v.onlyUnreached(s) { // another line tells it
			continue
		}
		reason := v.reason(s)
		l := byReason[key{s.Platform, reason}]
		if l == nil || reason == "" {
			l = &rootLine{seconds: r.Seconds, reason: reason}
			byReason[key{s.Platform, reason}] = l
			lines = append(lines, l)
		}
		l.roots = append(l.roots, s)
		l.atLeast = l.atLeast || r.AtLeast
		l.steps = append(l.steps, r.Steps...)
	}
	for _, l := range lines {
		if len(l.roots) > 1 {
			slices.Sort(l.steps)
			l.steps = slices.Compact(l.steps)
			l.seconds = v.total(l.steps)
		}
	}
	slices.SortStableFunc(lines, func(a, b *rootLine) int { return cmp.Compare(b.seconds, a.seconds) })
	return lines
}

// total sums the time of steps, that of steps which share an operation once.
func (v *view) total(ids []string) float64 {
	sum := 0.0
	for _, id := range ids {
		if s := v.steps[id]; s != nil && !(v.steps[s.SharedWith] != nil && slices.Contains(ids, s.SharedWith)) {
			sum += max(0, s.Seconds)
		}
	}
	return sum
}

// root writes "line 5 cost 9.9s with line 6: main.go changed".
func (v *view) root(l *rootLine) string {
	var ids []string
	for _, s := range l.roots {
		ids = append(ids, s.ID)
	}
	text := v.place(l.roots[0], "")
	if lines := v.lines(ids); len(ids) > 1 && lines != "" {
		text = lines
		if platform := l.roots[0].Platform; len(v.platforms) > 1 {
			text += " (" + v.clean(platform) + ")"
		}
	}
	if v.kind == report.Predict {
		text += timed(" would cost "+about(l.atLeast), l.seconds, measurable)
	} else {
		text += " cost " + duration(l.seconds)
	}
	others := slices.DeleteFunc(slices.Clone(l.steps), func(id string) bool { return slices.Contains(ids, id) })
	if lines := v.lines(others); lines != "" {
		text += " with " + lines
	}
	if l.reason == "" {
		return text
	}
	return text + ": " + l.reason
}

// reason has the causes of a step that are its own.
func (v *view) reason(s *report.Step) string {
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
	return strings.Join(reasons, "; ")
}
