package explain

import (
	"slices"
	"strings"
)

// lineDiff finds a long common subsequence of two lists. It is a patience diff:
// what occurs once on both sides anchors the rest, which reads better than the
// longest one where instructions repeat, and takes linear time where they do not.
type lineDiff struct {
	news, olds []int
	pairs      []pairing // in order
}

// numbered numbers what two lists hold, equal things alike.
func numbered[T comparable](news, olds []T) (a, b []int) {
	ids := map[T]int{}
	number := func(list []T) []int {
		out := make([]int, len(list))
		for i, text := range list {
			id, ok := ids[text]
			if !ok {
				id = len(ids)
				ids[text] = id
			}
			out[i] = id
		}
		return out
	}
	return number(news), number(olds)
}

// maxTable bounds the table of an exact comparison.
const maxTable = 1 << 18

func (d *lineDiff) match(s span) {
	for s.cur < s.curEnd && s.old < s.oldEnd && d.news[s.cur] == d.olds[s.old] {
		d.pairs = append(d.pairs, pairing{s.cur, s.old})
		s.cur++
		s.old++
	}
	tail := 0
	for s.cur < s.curEnd && s.old < s.oldEnd && d.news[s.curEnd-1] == d.olds[s.oldEnd-1] {
		tail++
		s.curEnd--
		s.oldEnd--
	}
	d.matchMiddle(s)
	for k := range tail {
		d.pairs = append(d.pairs, pairing{s.curEnd + k, s.oldEnd + k})
	}
}

func (d *lineDiff) matchMiddle(s span) {
	if s.cur == s.curEnd || s.old == s.oldEnd {
		return
	}
	anchors := d.anchors(s)
	switch {
	case len(anchors) > 0:
		for _, a := range anchors {
			d.match(span{s.cur, a.cur, s.old, a.old})
			d.pairs = append(d.pairs, a)
			s.cur, s.old = a.cur+1, a.old+1
		}
		d.match(s)
	case (s.curEnd-s.cur)*(s.oldEnd-s.old) <= maxTable:
		d.exact(s)
	default:
		d.inTurn(s)
	}
}

// anchors are the texts that occur once on both sides, the most of them that
// stand in the same order.
func (d *lineDiff) anchors(s span) []pairing {
	once := func(list []int, from, to int) map[int]int {
		at := map[int]int{}
		for i := from; i < to; i++ {
			if _, again := at[list[i]]; again {
				at[list[i]] = -1
			} else {
				at[list[i]] = i
			}
		}
		return at
	}
	inNew, inOld := once(d.news, s.cur, s.curEnd), once(d.olds, s.old, s.oldEnd)
	var candidates []pairing
	for i := s.cur; i < s.curEnd; i++ {
		if j, ok := inOld[d.news[i]]; ok && j >= 0 && inNew[d.news[i]] >= 0 {
			candidates = append(candidates, pairing{i, j})
		}
	}
	return increasing(candidates)
}

// increasing returns a longest subsequence with increasing old, by patience
// sorting.
func increasing(all []pairing) []pairing {
	var tops []int // per pile, the index of its last card
	before := none(len(all))
	for k, p := range all {
		pile, _ := slices.BinarySearchFunc(tops, p.old, func(top, old int) int { return all[top].old - old })
		if pile > 0 {
			before[k] = tops[pile-1]
		}
		if pile == len(tops) {
			tops = append(tops, k)
		} else {
			tops[pile] = k
		}
	}
	if len(tops) == 0 {
		return nil
	}
	var out []pairing
	for k := tops[len(tops)-1]; k >= 0; k = before[k] {
		out = append(out, all[k])
	}
	slices.Reverse(out)
	return out
}

// exact finds a longest common subsequence by the usual table.
func (d *lineDiff) exact(s span) {
	a, b := d.news[s.cur:s.curEnd], d.olds[s.old:s.oldEnd]
	length := make([][]int32, len(a)+1)
	for i := range length {
		length[i] = make([]int32, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				length[i][j] = length[i+1][j+1] + 1
			} else {
				length[i][j] = max(length[i+1][j], length[i][j+1])
			}
		}
	}
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] == b[j]:
			d.pairs = append(d.pairs, pairing{s.cur + i, s.old + j})
			i++
			j++
		case length[i+1][j] >= length[i][j+1]:
			i++
		default:
			j++
		}
	}
}

// inTurn pairs each text with its next occurrence, for lists that are long and
// repeat themselves.
func (d *lineDiff) inTurn(s span) {
	places := map[int][]int{}
	for j := s.old; j < s.oldEnd; j++ {
		places[d.olds[j]] = append(places[d.olds[j]], j)
	}
	next := s.old
	for i := s.cur; i < s.curEnd; i++ {
		list := places[d.news[i]]
		for len(list) > 0 && list[0] < next {
			list = list[1:]
		}
		if len(list) > 0 {
			d.pairs = append(d.pairs, pairing{i, list[0]})
			next = list[0] + 1
			list = list[1:]
		}
		places[d.news[i]] = list
	}
}

// similarity is the share of words that two texts have in common, from 0 to 1.
func similarity(a, b string) float64 {
	count := map[string]int{}
	words := strings.Fields(a)
	for _, w := range words {
		count[w]++
	}
	common, others := 0, strings.Fields(b)
	for _, w := range others {
		if count[w] > 0 {
			count[w]--
			common++
		}
	}
	if len(words)+len(others) == 0 {
		return 1
	}
	return 2 * float64(common) / float64(len(words)+len(others))
}
