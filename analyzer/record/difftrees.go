package record

import (
	"cmp"
	"slices"
	"strings"
)

// ChangeKind says how a file differs between two trees.
type ChangeKind string

// The kinds of change, in the words of the report.
const (
	Added          ChangeKind = "added"
	Removed        ChangeKind = "removed"
	ContentChanged ChangeKind = "content" // content, or anything else that only its digest shows: extended attributes, device numbers
	ModeChanged    ChangeKind = "mode"
	TypeChanged    ChangeKind = "type"
	TargetChanged  ChangeKind = "target" // of a symbolic link
)

// Verb says what happened to files, of one or of several: "changed", "added".
func (k ChangeKind) Verb() string {
	switch k {
	case Added, Removed:
		return string(k)
	case ModeChanged:
		return "changed mode"
	case TypeChanged:
		return "changed type"
	case TargetChanged:
		return "points elsewhere"
	}
	return "changed"
}

// Change is one file that differs between two trees.
type Change struct {
	Path string     `json:"path"`
	Kind ChangeKind `json:"change"`
}

// DiffTrees returns what changed from old to new, sorted by path. Both trees
// are sorted by path.
//
// A file has one change, the most telling: its type, its target, its content,
// its mode. A digest covers the mode too, so that a file of equal size with
// another mode is a change of mode. Where a digest is missing, the size stands
// for the content. A folder is named when it was added or removed empty, since
// else its files say so, and when its mode changed.
func DiffTrees(old, new Tree) []Change {
	var changes []Change
	i, j := 0, 0
	for i < len(old) || j < len(new) {
		switch order := compareAt(old, i, new, j); {
		case order < 0:
			if old[i].Type != "dir" || isEmptyDir(old, i) {
				changes = append(changes, Change{old[i].Path, Removed})
			}
			i++
		case order > 0:
			if new[j].Type != "dir" || isEmptyDir(new, j) {
				changes = append(changes, Change{new[j].Path, Added})
			}
			j++
		default:
			if kind := old[i].changeTo(new[j]); kind != "" {
				changes = append(changes, Change{new[j].Path, kind})
			}
			i++
			j++
		}
	}
	return changes
}

// compareAt orders two entries, one past the end last.
func compareAt(a Tree, i int, b Tree, j int) int {
	switch {
	case i >= len(a):
		return 1
	case j >= len(b):
		return -1
	}
	return cmp.Compare(a[i].Path, b[j].Path)
}

// isEmptyDir says whether the folder at i has nothing below it. Its children
// need not follow at once: "a.txt" sorts between "a" and "a/b".
func isEmptyDir(t Tree, i int) bool {
	prefix := t[i].Path + "/"
	rest := t[i+1:]
	at, _ := slices.BinarySearchFunc(rest, prefix, func(f File, p string) int { return cmp.Compare(f.Path, p) })
	return at == len(rest) || !strings.HasPrefix(rest[at].Path, prefix)
}

// changeTo returns how f became g, "" when they are the same.
func (f File) changeTo(g File) ChangeKind {
	known := f.Digest != "" && g.Digest != ""
	switch {
	case f.Type != g.Type:
		return TypeChanged
	case f.Type == "dir":
		if f.Mode != g.Mode || known && f.Digest != g.Digest {
			return ModeChanged
		}
	case f.Target != g.Target:
		return TargetChanged
	case f.Size != g.Size:
		return ContentChanged
	case f.Mode != g.Mode:
		return ModeChanged
	case known && f.Digest != g.Digest:
		return ContentChanged
	}
	return ""
}
