package record

import (
	"path"
	"slices"
	"strings"

	"github.com/moby/patternmatcher"
)

// filteredPick applies a selector that has a wildcard or patterns: it takes
// files one by one, folders only as such, and those above a file that counts.
type filteredPick struct {
	*picker
	selector         Selector
	include, exclude *patternmatcher.PatternMatcher // nil where it has none
	base             string                         // the selector's path, rooted
	// What lies below resolved is shown to the selector as lying below prefix,
	// the part of base without wildcards, of which it is the real place.
	prefix, resolved string
	matched          string  // what the patterns are relative to: base, or the last path that the wildcard matched
	parents          []above // of the file that is looked at, the nearest last
}

// above is a folder on the way to a file that is looked at.
type above struct {
	index            int
	name             string // as the selector would write it
	include, exclude patternmatcher.MatchInfo
}

// pickFiltered picks what a selector with a wildcard or with patterns takes.
func (p *picker) pickFiltered(s Selector, base string) {
	f := &filteredPick{picker: p, selector: s, base: base, prefix: base, matched: base}
	if s.Wildcard {
		f.prefix, f.matched = plainPrefix(base), ""
	}
	if !f.compile() {
		return
	}
	var found bool
	if f.resolved, _, found = p.resolve(f.prefix, f.prefix != base); !found {
		return
	}
	start := 0
	if f.prefix != "" {
		start, _ = slices.BinarySearchFunc(p.walkOrder(), f.resolved, func(i int, name string) int {
			return compareWalk("/"+p.tree[i].Path, name)
		})
	}
	for _, i := range p.walkOrder()[start:] {
		if !f.visit(i) {
			return
		}
	}
}

func (f *filteredPick) compile() bool {
	var err error
	if len(f.selector.Include) > 0 {
		f.include, err = patternmatcher.New(f.selector.Include)
	}
	if err == nil && len(f.selector.Exclude) > 0 {
		f.exclude, err = patternmatcher.New(f.selector.Exclude)
	}
	return err == nil
}

// visit looks at the next file in walk order. It returns false when no further
// file can count.
func (f *filteredPick) visit(i int) bool {
	name := f.shownAs("/" + f.tree[i].Path)
	for len(f.parents) > 0 && !strings.HasPrefix(name, f.parents[len(f.parents)-1].name+"/") {
		f.parents = f.parents[:len(f.parents)-1]
	}
	switch {
	case !f.selector.Wildcard:
		if !strings.HasPrefix(name+"/", f.base+"/") {
			return false
		}
	case f.matched == "" || !strings.HasPrefix(name, f.matched+"/"):
		if ok, err := path.Match(f.base, name); err != nil || !ok {
			return true
		}
		f.matched = name
	}
	here := above{index: i, name: name}
	if f.match(&here) {
		f.take(here)
	}
	if f.tree[i].Type == "dir" {
		f.parents = append(f.parents, here)
	}
	return true
}

// shownAs returns a file's path as the selector would write it.
func (f *filteredPick) shownAs(name string) string {
	if f.prefix != "" {
		// Without a look at where a name ends, as the hasher does it.
		if rest, ok := strings.CutPrefix(name, f.resolved); ok {
			return f.prefix + rest
		}
	}
	return name
}

// take picks a file and the folders above it. Links are followed only where
// the selector itself leads to one.
func (f *filteredPick) take(here above) {
	for _, parent := range f.parents {
		f.picked[parent.index] = true
	}
	if f.selector.Follow && len(f.parents) == 0 && f.tree[here.index].Type == "symlink" {
		f.pick(here.name, true)
		return
	}
	f.picked[here.index] = true
}

// match says whether the patterns let a file through, and notes in here what
// its children need.
func (f *filteredPick) match(here *above) bool {
	relative := strings.TrimSuffix(strings.TrimPrefix(here.name+"/", f.matched+"/"), "/")
	var parent above
	if len(f.parents) > 0 {
		parent = f.parents[len(f.parents)-1]
	}
	if f.include != nil {
		included, info, err := f.include.MatchesUsingParentResults(relative, parent.include)
		if here.include = info; err != nil || !included {
			return false
		}
	}
	if f.exclude != nil {
		excluded, info, err := f.exclude.MatchesUsingParentResults(relative, parent.exclude)
		if here.exclude = info; err != nil || excluded {
			return false
		}
	}
	return true
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
