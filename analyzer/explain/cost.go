package explain

import (
	"cmp"
	"slices"
	"strings"

	"github.com/layerwise/layerwise/analyzer/record"
)

// cost fills the seconds and the roots.
func (c *comparing) cost(out *Comparison) {
	b := newBill(c.cur)
	out.SharedWith = c.shared()
	out.SecondsSaved, out.SavedAtLeast = c.saved(out)
	out.SecondsRun, out.RunAtLeast = b.total(b.ran, b.seconds), b.unknown(b.ran)
	out.Roots = b.roots(out.Causes)
}

// shared finds the steps whose operation an earlier one in the file has, too.
func (c *comparing) shared() map[string]string {
	shared := map[string]string{}
	first := map[string]*record.Step{}
	for i := range c.cur.steps {
		step := &c.cur.steps[i]
		op := operationOf(step)
		if op == "" || step.Outcome != record.Hit && !c.cur.ran(i) {
			continue
		}
		if f := first[op]; f == nil {
			first[op] = step
		} else if f.ID != step.ID && f.Outcome == step.Outcome {
			shared[step.ID] = f.ID
		}
	}
	return shared
}

// saved fills what each hit saved, and sums it up. An operation that several hits
// share was saved once; any of them may know its time.
func (c *comparing) saved(out *Comparison) (sum float64, atLeast bool) {
	known := map[string]float64{}
	holder := func(step *record.Step) string {
		if first, ok := out.SharedWith[step.ID]; ok {
			return first
		}
		return step.ID
	}
	for i := range c.cur.steps {
		if step := &c.cur.steps[i]; step.Outcome == record.Hit && step.LastRunSeconds != nil {
			known[holder(step)] = max(known[holder(step)], *step.LastRunSeconds)
		}
	}
	for i := range c.cur.steps {
		step := &c.cur.steps[i]
		if step.Outcome != record.Hit || holder(step) != step.ID {
			continue
		}
		seconds, ok := known[step.ID]
		if !ok {
			atLeast = true
			continue
		}
		out.Saved[step.ID] = seconds
		sum += seconds
	}
	return sum, atLeast
}

// bill adds up what steps cost. Steps that ran go by their rank: their place
// among all that ran, those that another one follows before it.
type bill struct {
	*side
	ran  []int // steps by rank
	ids  []string
	rank map[string]int
	// before has, by rank, the seconds of all that come before.
	before []float64
	// sharing says that steps share operations, so that sums need a closer look.
	sharing bool
}

func newBill(s *side) *bill {
	b := &bill{side: s, rank: map[string]int{}, before: []float64{0}}
	seen := map[string]bool{}
	for _, i := range s.order {
		if !s.ran(i) {
			continue
		}
		id := s.steps[i].ID
		if _, known := b.rank[id]; !known {
			b.rank[id] = len(b.ran)
		}
		b.ran, b.ids = append(b.ran, i), append(b.ids, id)
		b.before = append(b.before, b.before[len(b.before)-1]+b.seconds(i))
		op := operationOf(&s.steps[i])
		b.sharing = b.sharing || op != "" && seen[op]
		seen[op] = true
	}
	return b
}

// seconds is the time that a step took, or, if it would run, is likely to take.
func (b *bill) seconds(i int) float64 {
	step := &b.steps[i]
	if step.Outcome == record.Run && step.LastRunSeconds != nil {
		return *step.LastRunSeconds
	}
	return step.Seconds
}

// unknown says that no record has the time of one of the steps, which would run.
func (b *bill) unknown(steps []int) bool {
	return slices.ContainsFunc(steps, func(i int) bool {
		return b.steps[i].Outcome == record.Run && b.steps[i].LastRunSeconds == nil
	})
}

// operationOf names a step's operation in its build, which identical instructions
// and platforms may share; "" where it is not known. An image is pulled once,
// whatever it is called.
func operationOf(step *record.Step) string {
	for _, v := range step.Deciding() {
		if v.IsImage() {
			if _, image, ok := strings.Cut(v.Op.Fields["identifier"], "@"); ok {
				return image + " " + v.Op.Fields["platform"]
			}
		}
		if v.Digest != "" {
			return v.Digest
		}
	}
	return ""
}

// total sums over steps; an operation that several of them share counts once.
func (b *bill) total(steps []int, seconds func(int) float64) float64 {
	counted := map[string]float64{}
	sum := 0.0
	for _, i := range steps {
		more := seconds(i)
		if op := operationOf(&b.steps[i]); op != "" {
			before := counted[op]
			counted[op] = max(before, more)
			more = max(0, more-before)
		}
		sum += more
	}
	return sum
}

// run is a range of ranks, [from, to).
type run struct{ from, to int }

// roots returns the steps with a cause of their own, each with those that follow
// it, directly or through others.
func (b *bill) roots(causes map[string][]Cause) []Root {
	// reach has, by rank, the ranks of a step and its followers, as runs: a
	// cascade is mostly one.
	reach := make([][]run, len(b.ran))
	var roots []Root
	for rank := len(b.ran) - 1; rank >= 0; rank-- { // followers have higher ranks
		reach[rank] = append(reach[rank], run{rank, rank + 1})
		reach[rank] = joined(reach[rank])
		isRoot := false
		for _, cause := range causes[b.ids[rank]] {
			isRoot = isRoot || cause.Root
			if maker, ok := b.rank[cause.Because]; ok && !cause.Root && maker < rank {
				reach[maker] = joined(append(reach[maker], reach[rank]...))
			}
		}
		if isRoot {
			roots = append(roots, b.root(reach[rank]))
		}
	}
	slices.Reverse(roots)
	slices.SortStableFunc(roots, func(a, b Root) int { return cmp.Compare(b.Seconds, a.Seconds) })
	return roots
}

// joined sorts runs and joins those that overlap or touch.
func joined(runs []run) []run {
	slices.SortFunc(runs, func(a, b run) int { return cmp.Compare(a.from, b.from) })
	out := runs[:0]
	for _, r := range runs {
		if n := len(out); n > 0 && r.from <= out[n-1].to {
			out[n-1].to = max(out[n-1].to, r.to)
		} else {
			out = append(out, r)
		}
	}
	return out
}

func (b *bill) root(reach []run) Root {
	r := Root{Step: b.ids[reach[0].from]}
	if len(reach) == 1 {
		r.Steps = b.ids[reach[0].from:reach[0].to:reach[0].to]
	}
	var steps []int
	for _, s := range reach {
		if len(reach) > 1 {
			r.Steps = append(r.Steps, b.ids[s.from:s.to]...)
		}
		if b.sharing {
			steps = append(steps, b.ran[s.from:s.to]...)
		} else {
			r.Seconds += b.before[s.to] - b.before[s.from]
		}
	}
	if b.sharing {
		r.Seconds = b.total(steps, b.seconds)
	}
	for _, s := range reach {
		r.AtLeast = r.AtLeast || b.unknown(b.ran[s.from:s.to])
	}
	return r
}
