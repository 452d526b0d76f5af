package explain

import (
	"fmt"

	"github.com/layerwise/layerwise/analyzer/record"
)

// treeDiff is how the selected files of a local source differ.
type treeDiff struct {
	known    bool // both records have the source
	changes  []record.Change
	old, cur record.Tree // what was selected
}

// treeDiffs compares files of local sources, each selection once.
type treeDiffs struct {
	old, cur map[string]record.Tree
	made     map[string]treeDiff
}

func newTreeDiffs(old, cur *side) *treeDiffs {
	return &treeDiffs{old: old.rec.Trees, cur: cur.rec.Trees, made: map[string]treeDiff{}}
}

// diff compares the files that selectors pick of what two inputs come from.
func (t *treeDiffs) diff(a, b *record.Input, selectors []record.Selector) treeDiff {
	old, inOld := t.old[treeName(b)]
	cur, inCur := t.cur[treeName(a)]
	if !inOld || !inCur {
		return treeDiff{}
	}
	key := fmt.Sprintf("%q %q %#v", treeName(a), treeName(b), selectors)
	if d, ok := t.made[key]; ok {
		return d
	}
	d := treeDiff{known: true, old: record.Select(old, selectors), cur: record.Select(cur, selectors)}
	d.changes = record.DiffTrees(d.old, d.cur)
	t.made[key] = d
	return d
}

func treeName(in *record.Input) string {
	if in.Tree != "" {
		return in.Tree
	}
	return in.Source
}
