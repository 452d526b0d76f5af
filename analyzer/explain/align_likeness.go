package explain

import (
	"cmp"
	"slices"
)

const (
	// minLikeness is the share of instructions that a renamed or moved stage
	// keeps, at least.
	minLikeness = 0.4
	// samePlaceBonus prefers, among stages that are equally alike, the one in
	// the same place.
	samePlaceBonus = 0.1
	// maxSharers is the number of stage pairs that share an instruction from
	// which on it tells nothing of which stage is which.
	maxSharers = 1024
)

// pairing is a possible pair, of stages or of instructions.
type pairing struct{ cur, old int }

// stageMatch is a possible pair of stages.
type stageMatch struct {
	pairing
	score float64
}

// likeness returns the stages that may be the same, best first: those that have
// enough instructions in common, and those without a name in the same place,
// however much they differ.
func likeness(news, olds []*stage, newTexts, oldTexts []stageText) []stageMatch {
	shared := sharedLines(newTexts, oldTexts)
	lines := map[int]int{} // of an old stage
	places := map[int]int{}
	for _, o := range oldTexts {
		lines[o.stage] = len(o.lines)
		if st := olds[o.stage]; !st.isNamed() {
			places[st.index] = o.stage
		}
	}
	var matches []stageMatch
	for _, n := range newTexts {
		st := news[n.stage]
		inPlace, ok := places[st.index]
		if ok && !st.isNamed() {
			if _, ok := shared[n.stage][inPlace]; !ok {
				matches = append(matches, stageMatch{pairing{n.stage, inPlace}, 0})
			}
		}
		for o, count := range shared[n.stage] {
			score := 2 * float64(count) / float64(len(n.lines)+lines[o])
			switch samePlace := olds[o].index == st.index; {
			case samePlace && (score >= minLikeness || o == inPlace && !st.isNamed() && !olds[o].isNamed()):
				score += samePlaceBonus
			case score < minLikeness:
				continue
			}
			matches = append(matches, stageMatch{pairing{n.stage, o}, score})
		}
	}
	slices.SortFunc(matches, func(a, b stageMatch) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.cur, b.cur), cmp.Compare(a.old, b.old))
	})
	return matches
}

// sharedLines counts, by new and then by old stage, the instructions that they
// have in common.
func sharedLines(news, olds []stageText) map[int]map[int]int {
	inOld := countLines(olds)
	shared := map[int]map[int]int{}
	for text, inNew := range countLines(news) {
		if len(inNew)*len(inOld[text]) > maxSharers {
			continue
		}
		for n, a := range inNew {
			for o, b := range inOld[text] {
				if shared[n] == nil {
					shared[n] = map[int]int{}
				}
				shared[n][o] += min(a, b)
			}
		}
	}
	return shared
}

// countLines counts how often each instruction stands in each stage.
func countLines(stages []stageText) map[string]map[int]int {
	out := map[string]map[int]int{}
	for _, t := range stages {
		for _, l := range t.lines {
			if out[l.text] == nil {
				out[l.text] = map[int]int{}
			}
			out[l.text][t.stage]++
		}
	}
	return out
}
