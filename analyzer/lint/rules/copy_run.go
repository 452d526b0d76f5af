package rules

import (
	"path"
	"slices"
	"strings"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint"
)

// placed is a COPY or ADD with where it copies from and to.
type placed struct {
	in *dockerfile.Instruction
	// known says that it has a single kind of source, and that what it copies goes
	// to one place as it is.
	known     bool
	source    lint.Source
	dest      string // absolute
	variables int    // how many instructions above it set variables
}

// copyRun are copies with no step that could look at their files between them.
// Its indexes name those that are worth comparing, so that a file of thousands of
// copies takes no time.
type copyRun struct {
	all []placed
	// same are the copies by what they copy, broad those of a folder by source and
	// destination, narrow the others by the sources and destinations of broad ones
	// that would bring their first file.
	same, broad, narrow map[string][]int
	// at is the last copy to a place, below the last one to it or something below.
	at, below map[string]int
	unknown   int // the last one whose place is not known
}

func newCopyRun() *copyRun {
	return &copyRun{
		same: map[string][]int{}, broad: map[string][]int{}, narrow: map[string][]int{},
		at: map[string]int{}, below: map[string]int{}, unknown: -1,
	}
}

// add appends a copy. Variables is how many instructions above it set some. The
// indexes do not have it before index is called.
func (r *copyRun) add(p *lint.Pass, in *dockerfile.Instruction, variables int) {
	c := placed{in: in, variables: variables}
	c.source, c.dest, c.known = copyOf(p, in)
	r.all = append(r.all, c)
}

// candidates are the copies that the last one has to be compared with, in their
// order.
func (r *copyRun) candidates(p *lint.Pass) []int {
	c := &r.all[len(r.all)-1]
	if !c.known {
		return nil
	}
	found := slices.Clone(r.same[c.sameKey()])
	for _, key := range c.broader(p) {
		found = append(found, r.broad[key]...)
	}
	if isBroad(p, c) {
		found = append(found, r.narrow[c.broadKey()]...)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// index enters the last copy into the indexes.
func (r *copyRun) index(p *lint.Pass) {
	i := len(r.all) - 1
	c := &r.all[i]
	if !c.known {
		r.unknown = i
		return
	}
	r.same[c.sameKey()] = append(r.same[c.sameKey()], i)
	for _, key := range c.broader(p) {
		r.narrow[key] = append(r.narrow[key], i)
	}
	if isBroad(p, c) {
		r.broad[c.broadKey()] = append(r.broad[c.broadKey()], i)
	}
	r.at[c.dest] = i
	for _, dir := range upwards(c.dest) {
		r.below[dir] = i
	}
}

// overwritten reports whether a copy between one and the last may go to the place of
// the last.
func (r *copyRun) overwritten(i int) bool {
	dest := r.all[len(r.all)-1].dest
	return r.unknown > i || r.below[dest] > i || slices.ContainsFunc(upwards(dest), func(dir string) bool { return r.at[dir] > i })
}

// upwards are a path and the folders that it lies in.
func upwards(name string) []string {
	all := []string{name}
	for name != "/" && name != "." {
		name = path.Dir(name)
		all = append(all, name)
	}
	return all
}

// key tells copies apart whose files have nothing to do with each other.
func (c *placed) key(from, to string) string {
	return strings.Join([]string{c.in.Keyword, strings.Join(c.in.Flags, " "), string(c.source.Kind), c.source.Name, from, to}, "\x00")
}

// broader are the keys of the folders that would bring a copy's first file to its
// place.
func (c *placed) broader(p *lint.Pass) []string {
	from := path.Clean(c.source.Paths[0])
	to := landings(p, c.source, c.dest, c.source.Paths[0])
	if len(to) == 0 {
		return nil
	}
	var keys []string
	for f, t := from, path.Clean(to[0]); f != "." && f != "/" && path.Base(f) == path.Base(t); {
		f, t = path.Dir(f), path.Dir(t)
		keys = append(keys, c.key(f, t))
	}
	return keys
}

// sameKey tells copies of different files, or to different places, apart.
func (c *placed) sameKey() string { return c.key(strings.Join(c.source.Paths, "\x00"), c.dest) }

// broadKey is that of a copy of a folder.
func (c *placed) broadKey() string { return c.key(path.Clean(c.source.Paths[0]), c.dest) }

// copyOf is what a COPY copies from where to which folder or file, for one with a
// single kind of source.
func copyOf(p *lint.Pass, in *dockerfile.Instruction) (lint.Source, string, bool) {
	sources := p.Graph().Sources(in)
	if len(sources) != 1 || sources[0].Parents || len(sources[0].Paths) == 0 || len(sources[0].Excludes) > 0 {
		return lint.Source{}, "", false
	}
	if in.Keyword == "ADD" && slices.ContainsFunc(sources[0].Paths, func(s string) bool { return isArchive(s) || packed(s) }) {
		return lint.Source{}, "", false // unpacked
	}
	return sources[0], absolute(p, in, sources[0].Dest), true
}
