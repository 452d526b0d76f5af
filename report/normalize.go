package report

import (
	"math"
	"slices"
	"time"
)

// Normalized returns a copy of r that keeps the promises of the JSON form: the
// schema is set, no array is nil, no number is infinite or not a number, no
// duration is negative, and every time is in UTC and can be written as RFC
// 3339. The report itself stays as it is; values that need no change are
// shared with it.
func (r *Report) Normalized() *Report {
	n := *r
	if n.Schema == "" {
		n.Schema = Schema
	}
	n.Builds = each(r.Builds, normalBuild)
	if n.Kind == Rebuild {
		n.Rows = Align(n.Builds)
	}
	n.Findings = each(r.Findings, func(f *Finding) {
		if f.Fix != nil {
			fix := *f.Fix
			fix.Edits = list(fix.Edits)
			f.Fix = &fix
		}
	})
	return &n
}

func normalBuild(b *BuildReport) {
	b.Platforms = list(b.Platforms)
	b.StandIns = list(b.StandIns)
	b.Imports = each(b.Imports, func(i *Import) {
		if i.Seconds != nil {
			s := seconds(*i.Seconds)
			i.Seconds = &s
		}
	})
	b.Warnings = list(b.Warnings)
	b.Started = instant(b.Started)
	if b.BaselineStarted != nil {
		t := instant(*b.BaselineStarted)
		b.BaselineStarted = &t
	}
	if b.Unreached != nil {
		u := *b.Unreached
		u.Steps = list(u.Steps)
		b.Unreached = &u
	}
	if b.Earlier != nil {
		b.Earlier = each(b.Earlier, func(e *Earlier) {
			e.Started, e.Steps = instant(e.Started), list(e.Steps)
		})
	}
	b.Seconds = seconds(b.Seconds)
	b.Steps = each(b.Steps, normalStep)
	b.Phases = each(b.Phases, func(p *Phase) { p.Seconds = seconds(p.Seconds) })
	b.Roots = each(b.Roots, func(r *Root) {
		r.Steps = list(r.Steps)
		r.Seconds = seconds(r.Seconds)
	})
	b.Summary.SecondsRun = seconds(b.Summary.SecondsRun)
	b.Summary.SecondsSaved = seconds(b.Summary.SecondsSaved)
}

func normalStep(s *Step) {
	s.Seconds = seconds(s.Seconds)
	s.SavedSeconds = seconds(s.SavedSeconds)
	s.DependsOn = list(s.DependsOn)
	s.Layers = list(s.Layers)
	s.Causes = each(s.Causes, func(c *Cause) { c.Files = list(c.Files) })
}

// each returns a copy of in, never nil, with f applied to every element.
func each[T any](in []T, f func(*T)) []T {
	out := list(slices.Clone(in))
	for i := range out {
		f(&out[i])
	}
	return out
}

func list[T any](in []T) []T {
	if in == nil {
		return []T{}
	}
	return in
}

func seconds(s float64) float64 {
	if math.IsNaN(s) || math.IsInf(s, 0) || s < 0 {
		return 0
	}
	return s
}

// instant returns t in UTC, or the zero time where its year has no RFC 3339 form.
func instant(t time.Time) time.Time {
	t = t.UTC()
	if y := t.Year(); y < 0 || y > 9999 {
		return time.Time{}
	}
	return t
}
