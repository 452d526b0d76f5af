package explain

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/layerwise/layerwise/analyzer/record"
)

// treeDiff is how the selected files of a local source differ.
type treeDiff struct {
	known    bool // both records have the source
	changes  []record.Change
	old, cur record.Tree // all files
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
	d := treeDiff{known: true, old: old, cur: cur}
	d.changes = record.DiffTrees(record.Select(old, selectors), record.Select(cur, selectors))
	if len(d.changes) > 0 {
		d.seeLinks(selectors)
	}
	t.made[key] = d
	return d
}

// seeLinks corrects the changes of a selection where links were followed: a link
// counts as what it leads to, so that what becomes of the link itself looks as if
// another file was selected.
func (d *treeDiff) seeLinks(selectors []record.Selector) {
	changed := map[string]record.ChangeKind{}
	compare := func(name string) bool {
		f, g := find(d.old, name), find(d.cur, name)
		if f == nil || g == nil {
			return false
		}
		for _, c := range record.DiffTrees(record.Tree{*f}, record.Tree{*g}) {
			changed[c.Path] = c.Kind
		}
		return true
	}
	for _, s := range selectors {
		if name := strings.Trim(s.Path, "/"); s.Follow && !s.Wildcard && compare(name) && len(selectors) == 1 {
			switch changed[name] {
			case record.TypeChanged, record.TargetChanged: // so all else is another
				d.changes = []record.Change{{Path: name, Kind: changed[name]}}
				return
			}
		}
	}
	for _, c := range d.changes {
		selection := c.Kind == record.Added || c.Kind == record.Removed
		if !selection || !compare(c.Path) {
			changed[c.Path] = c.Kind
		}
	}
	if len(changed) == 0 {
		return
	}
	d.changes = nil
	for _, name := range slices.Sorted(maps.Keys(changed)) {
		d.changes = append(d.changes, record.Change{Path: name, Kind: changed[name]})
	}
}

func treeName(in *record.Input) string {
	if in.Tree != "" {
		return in.Tree
	}
	return in.Source
}
