package report

import (
	"cmp"
	"slices"
	"strings"
)

// Row is one instruction through several builds.
type Row struct {
	Platform string `json:"platform"`
	Stage    string `json:"stage"`
	// Steps has its step in each build, by id; "" where a build does not have it.
	Steps []string `json:"steps"`
}

// aligned is a row with what decides which steps belong to it.
type aligned struct {
	Row
	key string
}

// Align puts the steps of builds side by side, one platform after the other. Two
// steps are the same instruction when their stage and text are the same, white space
// aside, and nothing between them and their neighbours crosses: rows stay in the
// order of every build. An instruction that only some builds have gets a row of its
// own.
func Align(builds []BuildReport) []Row {
	var rows []Row
	for _, platform := range platforms(builds) {
		var of []aligned
		for n := range builds {
			var steps []*Step
			var keys []string
			for i := range builds[n].Steps {
				if s := &builds[n].Steps[i]; s.Platform == platform {
					steps = append(steps, s)
					keys = append(keys, s.Stage+"\x00"+strings.Join(strings.Fields(cmp.Or(s.Summary, s.Text)), " "))
				}
			}
			of = merge(of, steps, keys, match(of, keys), n, len(builds))
		}
		for _, a := range of {
			rows = append(rows, a.Row)
		}
	}
	return rows
}

// platforms are those of the builds' steps, in their order.
func platforms(builds []BuildReport) []string {
	var names []string
	for _, b := range builds {
		for _, s := range b.Steps {
			if !slices.Contains(names, s.Platform) {
				names = append(names, s.Platform)
			}
		}
	}
	return names
}

// merge puts the steps of build n of so many into the rows. Where a build has
// some instructions in place of others, the new ones stand below the old.
func merge(rows []aligned, steps []*Step, keys []string, pairs []int, n, builds int) []aligned {
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
			merged = append(merged, aligned{Row{Platform: steps[i].Platform, Stage: steps[i].Stage, Steps: make([]string, builds)}, keys[i]})
		}
		merged[len(merged)-1].Steps[n] = steps[i].ID
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
