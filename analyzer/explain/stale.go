package explain

import (
	"maps"
	"slices"

	"github.com/layerwise/layerwise/analyzer/record"
)

// noteStale warns of selected files that changed in a way which an engine does not
// notice when it compares what it was sent before: a folder's mode; and, of a file,
// anything that left its size, mode and time as they were. The record is given what
// the engine took: the files as they were. An engine that tells which files it took
// has told so, so that only folders are left.
func (c *comparing) noteStale() {
	if c.first || c.sameEngine() != same {
		return
	}
	var all []staleInput
	for _, i := range c.cur.order {
		for _, v := range c.cur.steps[i].Deciding() {
			for n := range v.Inputs {
				if s, ok := c.staleInput(i, &v.Inputs[n]); ok {
					all = append(all, s)
				}
			}
		}
	}
	warnings := map[string]bool{}
	for _, s := range all {
		for path, w := range s.warnings {
			warnings[plain(path)+w] = true
			*find(s.diff.cur, path) = *find(s.diff.old, path)
		}
		if !s.noticed {
			c.takeContent(s.step, s.input)
		}
	}
	c.cur.rec.Warnings = append(c.cur.rec.Warnings, slices.Sorted(maps.Keys(warnings))...)
}

// staleInput is an input of a step with files that the engine did not have sent
// again.
type staleInput struct {
	step     int
	input    *record.Input
	diff     treeDiff
	warnings map[string]string // by path
	noticed  bool              // other files of it changed as well, which the engine saw
}

func (c *comparing) staleInput(i int, in *record.Input) (staleInput, bool) {
	s := staleInput{step: i, input: in, warnings: map[string]string{}}
	if !in.IsLocal() || !in.Hashed {
		return s, false
	}
	s.diff = c.prints.trees.diff(in, in, in.Selectors)
	for _, change := range s.diff.changes {
		if w := s.diff.unnoticed(change.Path, c.cur.rec.Engine.Kind); w != "" {
			s.warnings[change.Path] = w
		}
	}
	s.noticed = len(s.warnings) < len(s.diff.changes)
	if c.cur.ran(i) && !s.noticed && !c.parentRan(i) {
		return s, false // the engine did notice: what it was sent before is gone
	}
	return s, len(s.warnings) > 0
}

// takeContent gives an input the checksum that it had before.
func (c *comparing) takeContent(i int, in *record.Input) {
	if c.partner[i] < 0 {
		return
	}
	for _, w := range c.old.steps[c.partner[i]].Deciding() {
		for n := range w.Inputs {
			if from := &w.Inputs[n]; from.Source == in.Source && sameSelectors(from, in) {
				in.Content = from.Content
			}
		}
	}
}

// parentRan says that a step ran because of one that it builds on.
func (c *comparing) parentRan(i int) bool {
	return slices.ContainsFunc(c.cur.parents[i], func(q int) bool { return c.culprit(q) >= 0 })
}

// unnoticed says what an engine may not notice of a file, "" for nothing.
func (d *treeDiff) unnoticed(path, engine string) string {
	f, g := find(d.old, path), find(d.cur, path)
	switch {
	case f == nil || g == nil || !Unsent(f, g):
	case f.Type == "dir":
		return " has another mode, which BuildKit does not notice of a folder that it was sent before"
	case engine != embeddedEngine:
		return " changed, and BuildKit may have used it as it was before: neither its size nor its time is another one; touch it"
	}
	return ""
}

// Unsent says that an engine which was sent a file in an older state does not have
// it sent again, although something that enters its digest is another one now: it
// compares the type, the mode, the size and the time of a file, and of a folder only
// that it is one (tonistiigi/fsutil, sameFile). The files have the same path.
func Unsent(old, cur *record.File) bool {
	if old.Type != cur.Type || old.Target != cur.Target || old.Digest == cur.Digest && old.Mode == cur.Mode {
		return false
	}
	return old.Type == "dir" || old.Type == "file" && old.Mode == cur.Mode && old.Size == cur.Size && old.MTime != 0 && old.MTime == cur.MTime
}

// embeddedEngine is the kind of engine that tells which files it took.
const embeddedEngine = "embedded"
