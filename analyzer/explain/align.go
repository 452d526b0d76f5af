package explain

// aligned says which steps of two records are the same instruction.
type aligned struct {
	partner []int // by step of the newer record: the older's, -1 if new
	heir    []int // by step of the older record: the newer's, -1 if removed
	// stagePartner has the older record's stage by that of the newer, -1 if new.
	stagePartner []int
}

// align pairs platforms, then their stages, then the instructions of each pair
// of stages. Triggers of a base image pair among themselves.
func align(old, cur *side) aligned {
	a := aligned{partner: none(len(cur.steps)), heir: none(len(old.steps)), stagePartner: none(len(cur.stages))}
	pairs := pairPlatforms(old, cur)
	for _, curPlatform := range cur.platforms() {
		oldPlatform, ok := pairs[curPlatform]
		if !ok {
			continue
		}
		news, olds := cur.stagesFor(curPlatform), old.stagesFor(oldPlatform)
		for n, o := range pairStages(cur.stages, old.stages, news, olds) {
			a.stagePartner[n] = o
			a.pairSteps(old, cur, old.stages[o].steps, cur.stages[n].steps)
			a.pairSteps(old, cur, old.stages[o].triggers, cur.stages[n].triggers)
		}
	}
	return a
}

func (a *aligned) pairSteps(old, cur *side, olds, news []int) {
	for _, p := range pairLines(cur.lines(news), old.lines(olds)) {
		i, j := news[p.cur], olds[p.old]
		a.partner[i], a.heir[j] = j, i
	}
}

func none(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = -1
	}
	return out
}

// pairPlatforms pairs platforms by name. One that is left over on each side is
// the same build for another platform.
func pairPlatforms(old, cur *side) map[string]string {
	pairs := map[string]string{}
	olds, news := old.platforms(), cur.platforms()
	taken := map[string]bool{}
	for _, p := range olds {
		taken[p] = false
	}
	var leftNew, leftOld []string
	for _, p := range news {
		if _, ok := taken[p]; ok {
			pairs[p], taken[p] = p, true
		} else {
			leftNew = append(leftNew, p)
		}
	}
	for _, p := range olds {
		if !taken[p] {
			leftOld = append(leftOld, p)
		}
	}
	if len(leftNew) == 1 && len(leftOld) == 1 {
		pairs[leftNew[0]] = leftOld[0]
	}
	return pairs
}
