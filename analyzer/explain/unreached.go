package explain

import (
	"fmt"
	"slices"

	"github.com/layerwise/layerwise/analyzer/record"
)

// Unreached is what the build before did not come to, because it failed or was
// cancelled.
type Unreached struct {
	// Message is one sentence: "line 3 failed in the build before: 4 steps were not
	// reached".
	Message string
	// Steps are the ids of those of this build that ran and were not reached then,
	// in order.
	Steps []string
}

// unreached returns nil where the build before came to all of its steps, and for a
// prediction by which all that it did not come to is in the cache now.
func (c *comparing) unreached() *Unreached {
	if c.old.rec.Result != record.Failed && c.old.rec.Result != record.Canceled {
		return nil
	}
	n := 0
	for j := range c.old.steps {
		if c.old.steps[j].Outcome == record.NotRun {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	out := &Unreached{Message: c.culpritBefore() + ": "}
	if n == 1 {
		out.Message += "1 step was not reached"
	} else {
		out.Message += fmt.Sprintf("%d steps were not reached", n)
	}
	bears := c.cur.rec.Basis != record.Predicted
	for i := range c.cur.steps {
		if j := c.partner[i]; j < 0 || c.old.steps[j].Outcome != record.NotRun {
			continue
		}
		if c.cur.ran(i) {
			out.Steps = append(out.Steps, c.cur.steps[i].ID)
		}
		switch c.cur.steps[i].Outcome {
		case record.Hit, record.None, record.Unused:
		default:
			bears = true
		}
	}
	if !bears {
		return nil
	}
	return out
}

// culpritBefore says what the build before failed by, with the line where it
// stands now.
func (c *comparing) culpritBefore() string {
	if c.old.rec.Result == record.Canceled {
		return "the build before was cancelled"
	}
	j, known := c.old.index[c.old.rec.FailedStep]
	if !known {
		j = slices.IndexFunc(c.old.steps, func(s record.Step) bool { return s.Outcome == record.StepFailed })
	}
	switch {
	case j < 0:
		return "the build before failed"
	case c.heir[j] < 0:
		return fmt.Sprintf("%s (was %s) failed in the build before", quote(shown(&c.old.steps[j])), c.old.at(j))
	}
	return c.cur.at(c.heir[j]) + " failed in the build before"
}
