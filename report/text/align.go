package text

import (
	"slices"

	"github.com/layerwise/layerwise/report"
)

// aligned is one instruction through several builds.
type aligned struct {
	key   string
	steps []*report.Step // by build; nil where a build does not have it
}

// align puts the steps of builds side by side. Two steps are the same
// instruction when their stage and folded text are the same and nothing between
// them and their neighbours crosses: rows stay in the order of every build. An
// instruction that only some builds have gets a row of its own.
func align(builds [][]*report.Step) []aligned {
	var rows []aligned
	for n, steps := range builds {
		keys := make([]string, len(steps))
		for i, s := range steps {
			keys[i] = s.Stage + "\x00" + fold(s.Text)
		}
		pairs := match(rows, keys)
		rows = merge(rows, steps, keys, pairs, n, len(builds))
	}
	return rows
}

// merge puts the steps of build n of so many into the rows. Where a build has
// some instructions in place of others, the new ones stand below the old.
func merge(rows []aligned, steps []*report.Step, keys []string, pairs []int, n, builds int) []aligned {
	merged := make([]aligned, 0, len(rows)+len(steps))
	end := len(rows) // rows from here on are merged; backwards, the last row first
	take := func(from int) {
		for ; end > from; end-- {
			merged = append(merged, rows[end-1])
		}
	}
	for i := len(steps) - 1; i >= 0; i-- {
		if pairs[i] >= 0 {
			take(pairs[i])
		} else {
			merged = append(merged, aligned{key: keys[i], steps: make([]*report.Step, builds)})
		}
		merged[len(merged)-1].steps[n] = steps[i]
	}
	take(0)
	slices.Reverse(merged)
	return merged
}

// match returns, for each key, the row that it belongs to, or -1: a longest
// common subsequence.
func match(rows []aligned, keys []string) []int {
	pairs := make([]int, len(keys))
	for i := range pairs {
		pairs[i] = -1
	}
	// Most builds differ in few instructions or in none.
	start := 0
	for start < len(rows) && start < len(keys) && rows[start].key == keys[start] {
		pairs[start] = start
		start++
	}
	endRow, endKey := len(rows), len(keys)
	for endRow > start && endKey > start && rows[endRow-1].key == keys[endKey-1] {
		endRow--
		endKey--
		pairs[endKey] = endRow
	}
	subsequence(rows[start:endRow], keys[start:endKey], func(row, key int) { pairs[start+key] = start + row })
	return pairs
}

// mostCells bounds the memory of an alignment. Two files that differ in more
// than some 2,000 lines each are not aligned in between.
const mostCells = 4 << 20

// subsequence calls pair for every match of a longest common subsequence, in
// order.
func subsequence(rows []aligned, keys []string, pair func(row, key int)) {
	if len(rows) == 0 || len(keys) == 0 || len(rows) > mostCells/len(keys) {
		return
	}
	// length[i][j] is of the longest one of rows[i:] and keys[j:].
	length := make([][]int32, len(rows)+1)
	for i := range length {
		length[i] = make([]int32, len(keys)+1)
	}
	for i := len(rows) - 1; i >= 0; i-- {
		for j := len(keys) - 1; j >= 0; j-- {
			if rows[i].key == keys[j] {
				length[i][j] = length[i+1][j+1] + 1
			} else {
				length[i][j] = max(length[i+1][j], length[i][j+1])
			}
		}
	}
	for i, j := 0, 0; i < len(rows) && j < len(keys); {
		switch {
		case rows[i].key == keys[j]:
			pair(i, j)
			i++
			j++
		case length[i+1][j] >= length[i][j+1]:
			i++
		default:
			j++
		}
	}
}
