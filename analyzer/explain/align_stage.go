package explain

import (
	"slices"
	"strconv"
	"strings"
)

// stage is one stage of one platform's build, or what stands above the first.
type stage struct {
	platform string
	name     string // "" for one without a name
	index    int    // -1 above the first FROM
	steps    []int  // without triggers
	triggers []int  // ONBUILD instructions of its base
}

func (s *side) findStages() {
	type key struct {
		platform, label string
		index           int
	}
	known := map[key]int{}
	s.stageOf = make([]int, len(s.steps))
	for i := range s.steps {
		step := &s.steps[i]
		k := key{step.Platform, step.Stage, step.StageIndex}
		n, ok := known[k]
		if !ok {
			n = len(s.stages)
			known[k] = n
			st := &stage{platform: k.platform, name: k.label, index: k.index}
			if st.name == "stage-"+strconv.Itoa(st.index) {
				st.name = ""
			}
			s.stages = append(s.stages, st)
		}
		s.stageOf[i] = n
		if step.Trigger {
			s.stages[n].triggers = append(s.stages[n].triggers, i)
		} else {
			s.stages[n].steps = append(s.stages[n].steps, i)
		}
	}
}

// platforms are those of the record's stages, in order.
func (s *side) platforms() []string {
	var out []string
	seen := map[string]bool{}
	for _, st := range s.stages {
		if !seen[st.platform] {
			seen[st.platform] = true
			out = append(out, st.platform)
		}
	}
	return out
}

func (s *side) stagesFor(platform string) []stageText {
	var out []stageText
	for n, st := range s.stages {
		if st.platform == platform {
			out = append(out, stageText{n, s.lines(st.steps)})
		}
	}
	return out
}

// stageText is a stage, by its index, with its instructions.
type stageText struct {
	stage int
	lines []line
}

// pairStages pairs the stages of a newer record with those of an older one, by
// name. Those without a name, and those whose name has no partner, pair by
// their likeness, the most alike first.
func pairStages(news, olds []*stage, newTexts, oldTexts []stageText) map[int]int {
	pairs, taken := map[int]int{}, map[int]bool{}
	byName := map[string]int{}
	for _, o := range slices.Backward(oldTexts) {
		if st := olds[o.stage]; st.isNamed() {
			byName[st.key()] = o.stage
		}
	}
	for _, n := range newTexts {
		st := news[n.stage]
		if o, ok := byName[st.key()]; ok && st.isNamed() && !taken[o] {
			pairs[n.stage], taken[o] = o, true
		}
	}
	isPaired := func(t stageText) bool { _, ok := pairs[t.stage]; return ok || news[t.stage].index < 0 }
	isTaken := func(t stageText) bool { return taken[t.stage] || olds[t.stage].index < 0 }
	for _, m := range likeness(news, olds, without(newTexts, isPaired), without(oldTexts, isTaken)) {
		if _, ok := pairs[m.cur]; !ok && !taken[m.old] {
			pairs[m.cur], taken[m.old] = m.old, true
		}
	}
	return pairs
}

func without(texts []stageText, drop func(stageText) bool) (kept []stageText) {
	for _, t := range texts {
		if !drop(t) {
			kept = append(kept, t)
		}
	}
	return kept
}

// isNamed says that a stage is known by its name, or as what stands above the
// first one.
func (st *stage) isNamed() bool { return st.name != "" || st.index < 0 }

// key is a stage's name; BuildKit ignores case.
func (st *stage) key() string {
	if st.index < 0 {
		return ""
	}
	return strings.ToLower(st.name)
}
