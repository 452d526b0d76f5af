package text

import (
	"slices"

	"github.com/layerwise/layerwise/report"
)

// When a cause that several rows share is written once: in so many rows one after the
// other, and where it has more characters than what stands in for it.
const (
	leastRepeated = 3
	leastLong     = 16
)

// repetitions finds the rows whose causes repeat those of the rows above them.
func (v *view) repetitions() map[*report.Step]*report.Step {
	out := map[*report.Step]*report.Step{}
	if v.first { // whose cause is not written at all
		return out
	}
	for _, platform := range v.platforms {
		var rows []*report.Step // that say the same
		before := ""
		flush := func() {
			if len(rows) >= leastRepeated {
				for _, s := range rows[1:] {
					out[s] = rows[0]
				}
			}
			rows = nil
		}
		for _, s := range v.shown {
			if s.Platform != platform || len(s.Causes) == 0 {
				continue
			}
			said := ""
			if !slices.ContainsFunc(s.Causes, func(c report.Cause) bool { return !c.Root }) {
				for _, p := range v.causes(s) {
					said += p.text + "\n"
				}
			}
			if said != before {
				flush()
			}
			if before = said; len([]rune(said)) > leastLong {
				rows = append(rows, s)
			}
		}
		flush()
	}
	return out
}
