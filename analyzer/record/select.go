package record

import (
	"path"
	"slices"
	"strings"
)

// Select returns the files of a tree that count for the checksum which
// BuildKit takes of these selectors, in the order of the tree; no selectors
// pick all. A path that is not there picks nothing, and so does a selector that
// a build would refuse: patterns that are not valid, a loop of links.
//
// BuildKit's hasher keeps to itself which files it took, so this follows its
// code: includedPaths and getFollowLinks in cache/contenthash/checksum.go.
func Select(t Tree, selectors []Selector) Tree {
	if len(selectors) == 0 {
		return t
	}
	p := &picker{tree: t, picked: make([]bool, len(t))}
	for _, s := range selectors {
		base := rooted(s.Path)
		if s.Wildcard || len(s.Include) > 0 || len(s.Exclude) > 0 {
			p.pickFiltered(s, base)
		} else {
			p.pick(base, s.Follow)
		}
	}
	var out Tree
	for i, f := range t {
		if p.picked[i] {
			out = append(out, f)
		}
	}
	return out
}

// rooted returns a path as the hasher writes it: with a "/" in front, "" for
// the root.
func rooted(p string) string {
	if p = path.Join("/", p); p != "/" {
		return p
	}
	return ""
}

// picker marks the files of a tree that selectors pick.
type picker struct {
	tree   Tree
	picked []bool
	walk   []int // see walkOrder; nil until it is needed
}

// root stands for the tree itself among the indices of its files.
const root = -1

// find returns the index of a rooted path.
func (p *picker) find(name string) (index int, found bool) {
	if name == "" {
		return root, true
	}
	return slices.BinarySearchFunc(p.tree, name[1:], func(f File, name string) int { return strings.Compare(f.Path, name) })
}

// maxLinks is how many links the hasher follows for one path.
const maxLinks = 255

// resolve follows the links in a rooted path, the last part too if last is
// set. It returns the path that they lead to and its index.
func (p *picker) resolve(name string, last bool) (resolved string, index int, found bool) {
	index, found = root, true
	for rest, links := name, 0; rest != ""; {
		var part string
		part, rest, _ = strings.Cut(strings.TrimPrefix(rest, "/"), "/")
		next := rooted(path.Join("/", resolved, part))
		index, found = p.find(next)
		if !found || index == root || p.tree[index].Type != "symlink" || rest == "" && !last {
			resolved = next
			continue
		}
		if links++; links > maxLinks {
			return "", root, false
		}
		target := p.tree[index].Target
		rest = target + "/" + rest
		if path.IsAbs(target) {
			resolved = ""
		}
		index, found = p.find(resolved)
	}
	return resolved, index, found
}

// pick picks a file, or a folder with all that it holds.
func (p *picker) pick(name string, follow bool) {
	_, index, found := p.resolve(name, follow)
	switch {
	case !found:
		return
	case index == root:
		p.pickFrom(0, "")
		return
	}
	p.picked[index] = true
	if p.tree[index].Type == "dir" {
		// "a.txt" sorts between "a" and "a/b".
		prefix := p.tree[index].Path + "/"
		first, _ := p.find("/" + prefix)
		p.pickFrom(first, prefix)
	}
}

// pickFrom picks the files from first on, as long as they start with prefix.
func (p *picker) pickFrom(first int, prefix string) {
	for i := first; i < len(p.tree) && strings.HasPrefix(p.tree[i].Path, prefix); i++ {
		p.picked[i] = true
	}
}

// walkOrder returns the indices of all files in the order in which the hasher
// meets them: what a folder holds right behind it.
func (p *picker) walkOrder() []int {
	if p.walk == nil {
		p.walk = make([]int, len(p.tree))
		for i := range p.walk {
			p.walk[i] = i
		}
		slices.SortFunc(p.walk, func(a, b int) int { return compareWalk(p.tree[a].Path, p.tree[b].Path) })
	}
	return p.walk
}

// compareWalk compares paths with "/" before all other characters.
func compareWalk(a, b string) int {
	for i := range min(len(a), len(b)) {
		switch {
		case a[i] == b[i]:
		case a[i] == '/':
			return -1
		case b[i] == '/':
			return 1
		case a[i] < b[i]:
			return -1
		default:
			return 1
		}
	}
	return len(a) - len(b)
}
