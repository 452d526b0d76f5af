package text

import (
	"slices"
	"strconv"
	"strings"

	"github.com/layerwise/layerwise/analyzer/explain"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/layerwise/layerwise/report"
)

// view is one build, with what its lines need to name each other.
type view struct {
	*page
	kind  report.Kind
	build *report.BuildReport
	steps map[string]*report.Step
	shown []*report.Step // in the order of the report
	// ends has the last line of the shown steps by their first.
	ends      map[int]int
	platforms []string // of the shown steps, in their order
	// first says that every miss is a first build's: then no reason is worth a
	// word.
	first bool
	// unreached are the ids of steps that the build before did not come to.
	unreached map[string]bool
	// repeated has, for a step whose causes are word for word those of the row with
	// causes above it, the first such row.
	repeated map[*report.Step]*report.Step
}

func newView(p *page, kind report.Kind, b *report.BuildReport) *view {
	v := &view{page: p, kind: kind, build: b, steps: make(map[string]*report.Step, len(b.Steps)), ends: map[int]int{}}
	for i := range b.Steps {
		s := &b.Steps[i]
		if _, twice := v.steps[s.ID]; !twice {
			v.steps[s.ID] = s
		}
		if v.hides(s) {
			continue
		}
		v.shown = append(v.shown, s)
		if s.Line > 0 {
			v.ends[s.Line] = max(v.ends[s.Line], s.Line, s.EndLine)
		}
		if !slices.Contains(v.platforms, s.Platform) {
			v.platforms = append(v.platforms, s.Platform)
		}
	}
	v.first = isFirst(b)
	v.unreached = map[string]bool{}
	if b.Unreached != nil {
		for _, id := range b.Unreached.Steps {
			v.unreached[id] = true
		}
	}
	v.repeated = v.repetitions()
	return v
}

// platform is the heading of a platform's rows.
func (p *page) platform(name string) string {
	if name == "" {
		return p.glyph.none
	}
	return p.clean(name)
}

// hides says that a step has no row.
func (v *view) hides(s *report.Step) bool { return !v.opts.Verbose && silent(s) }

// silent says that an instruction leaves nothing behind, not even metadata.
func silent(s *report.Step) bool {
	return s.Instruction == "ARG" || s.Effect == record.EffectNone && (s.Outcome == record.None || s.Outcome == "")
}

// isFirst says that a build had misses, and every one for want of an earlier
// build.
func isFirst(b *report.BuildReport) bool {
	found := false
	for _, s := range b.Steps {
		for _, c := range s.Causes {
			if c.Root && c.Kind != explain.FirstBuild {
				return false
			}
			found = found || c.Root
		}
	}
	return found
}

// isRoot says whether a step ran for a reason of its own.
func isRoot(s *report.Step) bool {
	return slices.ContainsFunc(s.Causes, func(c report.Cause) bool { return c.Root })
}

// standsOut says that a step is marked as a root miss. One that follows another, and
// was not reached in the build before as well, is told with that other one.
func (v *view) standsOut(s *report.Step) bool {
	follows := slices.ContainsFunc(s.Causes, func(c report.Cause) bool { return !c.Root })
	return isRoot(s) && !v.first && !(follows && v.onlyUnreached(s))
}

// place names a step by its line: "line 5", with the platform where it is not
// the one that the reader looks at.
func (v *view) place(s *report.Step, platform string) string {
	if s.Line <= 0 {
		return v.clean(s.ID)
	}
	place := "line " + strconv.Itoa(s.Line)
	if s.Platform != platform && len(v.platforms) > 1 {
		place += " (" + v.clean(s.Platform) + ")"
	}
	return place
}

// lines names steps by their lines: "line 5", "lines 3–6 and 9", "" for none
// that is known. All lines of a range are those of the steps.
func (v *view) lines(ids []string) string {
	switch parts := v.ranges(ids); {
	case len(parts) == 0:
		return ""
	case len(parts) == 1 && !strings.Contains(parts[0], v.glyph.to):
		return "line " + parts[0]
	default:
		return "lines " + listed(parts)
	}
}

// ranges returns the lines of steps as "3–6" or "9", ascending.
func (v *view) ranges(ids []string) []string {
	var lines []int
	for _, id := range ids {
		if s := v.steps[id]; s != nil && s.Line > 0 {
			lines = append(lines, s.Line)
		}
	}
	slices.Sort(lines)
	lines = slices.Compact(lines)
	var parts []string
	for i := 0; i < len(lines); {
		end := i + v.run(lines[i:])
		switch first, last := strconv.Itoa(lines[i]), strconv.Itoa(lines[end-1]); {
		case end-i > 2:
			parts = append(parts, first+v.glyph.to+last)
		case end-i == 2:
			parts = append(parts, first, last)
		default:
			parts = append(parts, first)
		}
		i = end
	}
	const most = 6
	if more := len(parts) - most; more > 1 && !v.opts.Verbose {
		parts = append(parts[:most], strconv.Itoa(more)+" more")
	}
	return parts
}

// run counts how many of the first lines are those of instructions that follow each
// other with nothing between them.
func (v *view) run(lines []int) int {
	n := 1
	for n < len(lines) && lines[n] == v.ends[lines[n-1]]+1 {
		n++
	}
	return n
}
