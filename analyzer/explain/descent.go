package explain

// descent follows inputs upwards to the steps that explain them.
type descent struct {
	culprits map[int]int
	nearest  map[int]int
}

func newDescent() descent {
	return descent{culprits: map[int]int{}, nearest: map[int]int{}}
}

// changed says that a step has not, or not for sure, the key that it had.
func (c *comparing) changed(i int) bool {
	return c.partner[i] < 0 || c.prints.steps(i, c.partner[i]) != same
}

// culprit returns the nearest step that ran under another key than before and
// made step i's result another one: i itself, or one above it if i came from the
// cache; -1 for none.
func (c *comparing) culprit(i int) int {
	if i < 0 || !c.changed(i) {
		return -1
	}
	if c.cur.ran(i) {
		return i
	}
	if found, ok := c.culprits[i]; ok {
		return found
	}
	found := -1
	for _, q := range c.differingParents(i) {
		if found = c.culprit(q); found >= 0 {
			break
		}
	}
	c.culprits[i] = found
	return found
}

// differingParents are the steps that made those inputs of step i which differ.
func (c *comparing) differingParents(i int) []int {
	j := c.partner[i]
	if j < 0 {
		return c.cur.parents[i]
	}
	vs, ws := c.cur.steps[i].Keyed(), c.old.steps[j].Keyed()
	if len(vs) == 0 || len(vs) != len(ws) {
		return c.cur.parents[i]
	}
	var out []int
	for k := range vs {
		if len(vs[k].Inputs) != len(ws[k].Inputs) {
			return c.cur.parents[i]
		}
		for n := range vs[k].Inputs {
			a, b := &vs[k].Inputs[n], &ws[k].Inputs[n]
			if q := c.cur.producer(i, a); q >= 0 && c.prints.input(i, j, a, b) != same {
				out = append(out, q)
			}
		}
	}
	return out
}

// nearestRun returns step i if it ran, else one above it that did; -1 for none.
func (c *comparing) nearestRun(i int) int {
	if i < 0 || c.cur.ran(i) {
		return i
	}
	if found, ok := c.nearest[i]; ok {
		return found
	}
	found := -1
	for _, q := range c.cur.parents[i] {
		if found = c.nearestRun(q); found >= 0 {
			break
		}
	}
	c.nearest[i] = found
	return found
}

// difference is where two chains of inputs part.
type difference struct {
	i, j int // -1 where there is none
	kind differenceKind
}

type differenceKind int

const (
	edited    differenceKind = iota // both are the same instruction, which differs by itself
	inserted                        // i is new
	removed                         // j is gone
	reordered                       // both are there, i has taken j's place
)

// origin finds the nearest difference at or above step i of the newer record and
// j of the older one, whose keys differ.
func (c *comparing) origin(i, j int) difference {
	for i >= 0 && j >= 0 {
		switch {
		case c.partner[i] != j && c.heir[j] < 0:
			return difference{i, j, removed}
		case c.partner[i] < 0:
			return difference{i, j, inserted}
		case c.partner[i] != j:
			return difference{i, j, reordered}
		}
		up, before, ok := c.differingInput(i, j)
		if !ok {
			return difference{i, j, edited}
		}
		i, j = up, before
	}
	return difference{i, j, edited}
}

// differingInput returns what made an input that differs, if the step differs by
// nothing else.
func (c *comparing) differingInput(i, j int) (up, before int, ok bool) {
	vs, ws := c.cur.steps[i].Keyed(), c.old.steps[j].Keyed()
	if len(vs) != len(ws) {
		return -1, -1, false
	}
	if len(vs) == 0 {
		return c.differingParent(i, j)
	}
	for k := range vs {
		v, w := vs[k], ws[k]
		if sameOperation(v, w) == differs || len(v.Inputs) != len(w.Inputs) {
			return -1, -1, false
		}
		for n := range v.Inputs {
			a, b := &v.Inputs[n], &w.Inputs[n]
			if c.prints.input(i, j, a, b) == same {
				continue
			}
			up, before = c.cur.producer(i, a), c.old.producer(j, b)
			known := a.Hashed && b.Hashed && a.Content != "" && b.Content != ""
			if known || up < 0 || before < 0 {
				return -1, -1, false
			}
			return up, before, true
		}
	}
	return -1, -1, false
}

// differingParent is differingInput for steps without operations.
func (c *comparing) differingParent(i, j int) (up, before int, ok bool) {
	a, b := c.cur.parents[i], c.old.parents[j]
	if len(a) != len(b) || normalized(&c.cur.steps[i]) != normalized(&c.old.steps[j]) {
		return -1, -1, false
	}
	for k := range a {
		if c.prints.steps(a[k], b[k]) != same {
			return a[k], b[k], true
		}
	}
	return -1, -1, false
}

// baseSwitch returns the FROM of step i's stage and its partner if i is where
// the stage stands on what it starts from, and that is no longer the same stage,
// or no longer a stage.
func (p *pair) baseSwitch(in *inputPair) (from, before int, ok bool) {
	n := p.cur.stageOf[p.i]
	if p.j < 0 || in.producer < 0 || in.old == nil || in.cur.Hashed {
		return -1, -1, false
	}
	if p.cur.stageOf[in.producer] == n && in.producer != p.cur.scope.from[n] {
		return -1, -1, false
	}
	from, before = p.cur.scope.from[n], p.old.scope.from[p.old.stageOf[p.j]]
	if from < 0 || before < 0 || p.partner[from] != before {
		return -1, -1, false
	}
	base, was := p.cur.scope.bases[n], p.old.scope.bases[p.old.stageOf[p.j]]
	if base >= 0 && was >= 0 {
		return from, before, p.stagePartner[base] != was
	}
	return from, before, base >= 0 || was >= 0
}
