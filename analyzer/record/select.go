package record

import (
	"path"
	"slices"
	"strings"

	"github.com/moby/patternmatcher"
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

// above is a folder on the way to a file that is looked at.
type above struct {
	index            int
	name             string // as the selector would write it
	include, exclude patternmatcher.MatchInfo
}

// pickFiltered picks what a selector with a wildcard or with patterns takes:
// files one by one, folders only as such, and those above a file that counts.
func (p *picker) pickFiltered(s Selector, base string) {
	patterns, ok := compilePatterns(s)
	if !ok {
		return
	}
	prefix := base
	if s.Wildcard {
		prefix = plainPrefix(base)
	}
	resolved, _, found := p.resolve(prefix, s.Wildcard && prefix != base)
	if !found {
		return
	}
	start := 0
	if prefix != "" {
		start, _ = slices.BinarySearchFunc(p.walkOrder(), resolved, func(i int, name string) int {
			return compareWalk("/"+p.tree[i].Path, name)
		})
	}
	var parents []above
	matched := base // what the path of the selector stands for, of a wildcard the last match
	if s.Wildcard {
		matched = ""
	}
	for _, i := range p.walkOrder()[start:] {
		name := "/" + p.tree[i].Path
		if prefix != "" {
			if rest, ok := strings.CutPrefix(name, resolved); ok {
				name = prefix + rest
			}
		}
		for len(parents) > 0 && !strings.HasPrefix(name, parents[len(parents)-1].name+"/") {
			parents = parents[:len(parents)-1]
		}
		switch {
		case !s.Wildcard:
			if !strings.HasPrefix(name+"/", base+"/") {
				return
			}
		case base != "" && (matched == "" || !strings.HasPrefix(name, matched+"/")):
			if ok, err := path.Match(base, name); err != nil || !ok {
				continue
			}
			matched = name
		}
		here := above{index: i, name: name}
		relative := strings.TrimSuffix(strings.TrimPrefix(name+"/", matched+"/"), "/")
		if patterns.match(relative, parents, &here) {
			for _, parent := range parents {
				p.picked[parent.index] = true
			}
			if s.Follow && len(parents) == 0 && p.tree[i].Type == "symlink" {
				p.pick(name, true)
			} else {
				p.picked[i] = true
			}
		}
		if p.tree[i].Type == "dir" {
			parents = append(parents, here)
		}
	}
}

// plainPrefix returns the leading parts of a rooted path that have no
// wildcards.
func plainPrefix(p string) string {
	parts := strings.Split(p, "/")
	if i := slices.IndexFunc(parts, hasWildcards); i >= 0 {
		parts = parts[:i]
	}
	return strings.Join(parts, "/")
}

func hasWildcards(name string) bool {
	for i := 0; i < len(name); i++ {
		switch name[i] {
		case '\\':
			i++
		case '*', '?', '[':
			return true
		}
	}
	return false
}

// patterns are those of a selector, nil where it has none.
type patterns struct {
	include, exclude *patternmatcher.PatternMatcher
}

func compilePatterns(s Selector) (p patterns, ok bool) {
	var err error
	if len(s.Include) > 0 {
		if p.include, err = patternmatcher.New(s.Include); err != nil {
			return p, false
		}
	}
	if len(s.Exclude) > 0 {
		if p.exclude, err = patternmatcher.New(s.Exclude); err != nil {
			return p, false
		}
	}
	return p, true
}

// match says whether a path counts, and notes in here what its children need.
func (p patterns) match(relative string, parents []above, here *above) bool {
	var parent above
	if len(parents) > 0 {
		parent = parents[len(parents)-1]
	}
	if p.include != nil {
		included, info, err := p.include.MatchesUsingParentResults(relative, parent.include)
		if here.include = info; err != nil || !included {
			return false
		}
	}
	if p.exclude != nil {
		excluded, info, err := p.exclude.MatchesUsingParentResults(relative, parent.exclude)
		if here.exclude = info; err != nil || excluded {
			return false
		}
	}
	return true
}
