package predict

import (
	"cmp"
	"slices"

	"github.com/layerwise/layerwise/analyzer/record"
)

// Why a step is undecided that no step before it decides.
const (
	onlyIfNeeded = "its result is not in the cache, and it runs only if something that is built from it does"
	twinRuns     = "another step does the same, and one of them gets the other's result"
	buildFails   = "the build fails, and may have ended before it comes to this"
)

// fileOrder ranks the steps of a record as people read them: by line, those of one
// line as the record has them. An undecided step names as what it hangs on only what
// stands before it, so that a reader who follows the reasons goes up the file, and
// never in a circle.
type fileOrder map[string]int

func newFileOrder(rec *record.Record) fileOrder {
	steps := make([]*record.Step, len(rec.Steps))
	for i := range rec.Steps {
		steps[i] = &rec.Steps[i]
	}
	slices.SortStableFunc(steps, func(a, b *record.Step) int { return cmp.Compare(a.Line, b.Line) })
	order := fileOrder{}
	for i, s := range steps {
		order[s.ID] = i
	}
	return order
}

// before keeps those ids of steps that stand before one, and the names of sources.
func (f fileOrder) before(step *record.Step, names []string) []string {
	var kept []string
	for _, name := range names {
		if at, isStep := f[name]; !isStep || at < f[step.ID] {
			kept = append(kept, name)
		}
	}
	return kept
}
