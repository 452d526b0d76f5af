package solve

import (
	"fmt"
	"slices"

	"github.com/layerwise/layerwise/analyzer/engine"
	"github.com/layerwise/layerwise/analyzer/record"
)

// seen has what the engine took of a local source: digests by path, absolute.
type seen map[string]string

// keepSeen remembers what the engine says it took of a local source.
func (r *run) keepSeen(source string, fact engine.InputFact) {
	if r.seen[source] == nil {
		if r.seen == nil {
			r.seen = map[string]seen{}
		}
		r.seen[source] = seen{}
	}
	for path, d := range fact.Files {
		r.seen[source][path] = string(d)
	}
}

// warnOfStale names the files that the engine took as they were before. It keeps
// what was sent earlier, and has a file sent again only when its size or its time
// is another one. The record is given what the engine took.
func (r *run) warnOfStale(rec *record.Record, source string, unsure []string) {
	tree := rec.Trees[source]
	for i := range tree {
		name := tree[i].Path
		took, known := r.seen[source]["/"+name]
		if !known || took == tree[i].Digest || slices.Contains(unsure, name) {
			continue
		}
		tree[i].Digest = took
		rec.Warnings = append(rec.Warnings, fmt.Sprintf("%s changed, and BuildKit used it as it was before: neither its size nor its time is another one, so it was not sent again; touch it", name))
	}
}
