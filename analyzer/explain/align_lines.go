package explain

// pairLines pairs the instructions of one stage in two records: equal ones by a
// diff, then equal ones that moved, then what is left between two equal ones and
// has the same keyword as the same instruction, edited.
func pairLines(news, olds []line) []pairing {
	d := lineDiff{}
	d.news, d.olds = numbered(news, olds)
	d.match(span{0, len(news), 0, len(olds)})
	l := &linePairs{news: news, olds: olds, partner: none(len(news)), heir: none(len(olds))}
	for _, p := range d.pairs {
		l.pair(p.cur, p.old)
	}
	gaps := l.gaps(d.pairs)
	l.moved(d.news, d.olds)
	for _, g := range gaps {
		l.edited(g)
	}
	var out []pairing
	for i, j := range l.partner {
		if j >= 0 {
			out = append(out, pairing{i, j})
		}
	}
	return out
}

// span is a range of each list.
type span struct{ cur, curEnd, old, oldEnd int }

// linePairs are the pairs of one stage as they are found.
type linePairs struct {
	news, olds    []line
	partner, heir []int
}

func (l *linePairs) pair(i, j int) { l.partner[i], l.heir[j] = j, i }

// gaps are the spans between the pairs of a diff.
func (l *linePairs) gaps(anchors []pairing) []span {
	var out []span
	i, j := 0, 0
	for _, p := range append(anchors, pairing{len(l.news), len(l.olds)}) {
		if p.cur > i && p.old > j {
			out = append(out, span{i, p.cur, j, p.old})
		}
		i, j = p.cur+1, p.old+1
	}
	return out
}

// moved pairs equal instructions that a diff left over, in order.
func (l *linePairs) moved(news, olds []int) {
	left := map[int][]int{}
	for j, id := range olds {
		if l.heir[j] < 0 {
			left[id] = append(left[id], j)
		}
	}
	for i, id := range news {
		if l.partner[i] < 0 && len(left[id]) > 0 {
			l.pair(i, left[id][0])
			left[id] = left[id][1:]
		}
	}
}

// edited pairs what is left of a gap, keyword by keyword.
func (l *linePairs) edited(g span) {
	olds := map[string][]int{}
	for j := g.old; j < g.oldEnd; j++ {
		if l.heir[j] < 0 {
			olds[l.olds[j].keyword] = append(olds[l.olds[j].keyword], j)
		}
	}
	news := map[string][]int{}
	for i := g.cur; i < g.curEnd; i++ {
		if l.partner[i] < 0 {
			news[l.news[i].keyword] = append(news[l.news[i].keyword], i)
		}
	}
	for keyword, a := range news {
		for _, p := range l.mostAlike(a, olds[keyword]) {
			l.pair(a[p.cur], olds[keyword][p.old])
		}
	}
}

// maxAlike bounds the comparisons of texts in one gap.
const maxAlike = 1024

// mostAlike pairs as many as there are on the shorter side, in order: such that
// the pairs are most alike, where the counts differ.
func (l *linePairs) mostAlike(news, olds []int) []pairing {
	n := min(len(news), len(olds))
	if n == 0 || len(news) == len(olds) || len(news)*len(olds) > maxAlike {
		out := make([]pairing, n)
		for k := range out {
			out[k] = pairing{k, k}
		}
		return out
	}
	a, b := texts(l.news, news), texts(l.olds, olds)
	if len(a) < len(b) {
		return choose(a, b)
	}
	out := choose(b, a)
	for k, p := range out {
		out[k] = pairing{p.old, p.cur}
	}
	return out
}

func texts(lines []line, at []int) []string {
	var out []string
	for _, i := range at {
		out = append(out, lines[i].text)
	}
	return out
}

// choose pairs each of few with one of many, in order, for the greatest total
// similarity. Among equals the first wins.
func choose(few, many []string) []pairing {
	// best[f][m] is the greatest total for few[f:] among many[m:].
	best := make([][]float64, len(few)+1)
	for f := range best {
		best[f] = make([]float64, len(many)+1)
	}
	with := func(f, m int) float64 { return similarity(few[f], many[m]) + best[f+1][m+1] }
	for f := len(few) - 1; f >= 0; f-- {
		last := len(many) - (len(few) - f) // the rest needs a partner each
		for m := last; m >= 0; m-- {
			best[f][m] = with(f, m)
			if m < last {
				best[f][m] = max(best[f][m], best[f][m+1])
			}
		}
	}
	var out []pairing
	for f, m := 0, 0; f < len(few); m++ {
		if m == len(many)-(len(few)-f) || with(f, m) >= best[f][m+1] {
			out = append(out, pairing{f, m})
			f++
		}
	}
	return out
}
