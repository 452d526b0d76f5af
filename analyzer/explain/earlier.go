package explain

import (
	"iter"
	"slices"
	"time"

	"github.com/layerwise/layerwise/analyzer/record"
)

// Earlier are steps that are compared with an earlier build than the others: the
// build before did not come to them, did not need them, or did not have them, and so
// left nothing that this one could have reused.
type Earlier struct {
	Baseline string // id of that build's record
	Started  time.Time
	Steps    []string // ids of this build's steps, in order
}

// How far back the records of a project are read. One that took in a large context
// counts by its files.
const (
	maxEarlier      = 20
	maxEarlierFiles = 100_000
)

// recent bounds records that are read one by one.
func recent(earlier iter.Seq[*record.Record]) iter.Seq[*record.Record] {
	return func(yield func(*record.Record) bool) {
		if earlier == nil {
			return
		}
		n, files := 0, 0
		for r := range earlier {
			if r == nil || !yield(r) {
				return
			}
			for _, t := range r.Trees {
				files += len(t)
			}
			if n++; n >= maxEarlier || files >= maxEarlierFiles {
				return
			}
		}
	}
}

// cameTo says that the older build worked on step i, so that what it left of it, or
// that it failed, tells about this one.
func (c *comparing) cameTo(i int) bool {
	j := c.partner[i]
	if c.first || j < 0 {
		return c.first
	}
	switch old := &c.old.steps[j]; old.Outcome {
	case record.NotRun, record.Unused:
		return false
	case record.StepCanceled:
		return c.old.ran(j)
	case record.None:
		return hadResult(&c.cur.steps[i], old)
	}
	return true
}

// causesEarlier finds the causes of steps of which the build before says nothing, in
// the newest earlier build that came to them; one of another engine counts where no
// other did. What no build is known to have come to is left to the build before.
func (c *comparing) causesEarlier(pending []int, earlier iter.Seq[*record.Record], out *Comparison) {
	if len(pending) == 0 {
		return
	}
	elsewhere := map[int]bool{} // found on another engine
	from := map[int]*record.Record{}
	for old := range recent(earlier) {
		e := newComparing(old, c.cur.rec)
		e.earlier = true
		another := e.sameEngine() == differs
		pending = slices.DeleteFunc(pending, func(i int) bool {
			if another && elsewhere[i] || !e.knows(c, i) {
				return false
			}
			causes := e.causes(i)
			if len(causes) == 0 || causes[0].Kind == Unknown {
				return false
			}
			out.Causes[c.cur.steps[i].ID], from[i], elsewhere[i] = causes, old, another
			return !another
		})
		if len(pending) == 0 {
			break
		}
	}
	for _, i := range pending {
		if from[i] == nil {
			out.put(c.cur.steps[i].ID, c.causes(i))
		}
	}
	c.listEarlier(from, out)
}

// knows says that an earlier build came to step i. One that the build before did not
// have must be the very same instruction, else it is a new one.
func (c *comparing) knows(before *comparing, i int) bool {
	if !c.cameTo(i) {
		return false
	}
	return before.partner[i] >= 0 || normalized(&c.cur.steps[i]) == normalized(&c.old.steps[c.partner[i]])
}

// listEarlier tells which steps are compared with which build, the newest first.
func (c *comparing) listEarlier(from map[int]*record.Record, out *Comparison) {
	place := map[*record.Record]int{}
	for i := range c.cur.steps {
		old := from[i]
		if old == nil {
			continue
		}
		n, ok := place[old]
		if !ok {
			n = len(out.Earlier)
			place[old] = n
			out.Earlier = append(out.Earlier, Earlier{Baseline: old.ID, Started: old.Started})
		}
		out.Earlier[n].Steps = append(out.Earlier[n].Steps, c.cur.steps[i].ID)
	}
	slices.SortStableFunc(out.Earlier, func(a, b Earlier) int { return b.Started.Compare(a.Started) })
}

// theBuild names what is compared with in a message.
func (c *comparing) theBuild() string {
	if c.earlier {
		return "the build that it is compared with"
	}
	return "the build before"
}
