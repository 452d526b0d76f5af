//go:build linux

package dryrun

import (
	"maps"
	"slices"
	"sync"

	"github.com/moby/buildkit/solver"
)

// overlay is a store of cache keys that writes to memory. What it has, and what
// the store below has, reads as one.
type overlay struct {
	below solver.CacheKeyStorage
	// index finds what the wildcard's links lead to; nil where nothing is one.
	index *linkIndex

	mu       sync.Mutex
	results  map[string]map[string]solver.CacheResult // by key and id
	released map[string]bool                          // ids of results that are gone below
	links    map[string]map[link]bool                 // by key
}

// link is a link from one key to another.
type link struct {
	solver.CacheInfoLink
	target string
}

func newOverlay(below solver.CacheKeyStorage) *overlay {
	return &overlay{
		below:    below,
		results:  map[string]map[string]solver.CacheResult{},
		released: map[string]bool{},
		links:    map[string]map[link]bool{},
	}
}

// Exists says whether the key is known.
func (o *overlay) Exists(id string) bool {
	o.mu.Lock()
	_, hasResults := o.results[id]
	_, hasLinks := o.links[id]
	o.mu.Unlock()
	return hasResults || hasLinks || o.below.Exists(id)
}

// Walk visits nothing: it serves the clearing out of dead keys, which is not for
// a dry run to do.
func (o *overlay) Walk(func(id string) error) error { return nil }

// WalkResults visits the results of a key.
func (o *overlay) WalkResults(id string, fn func(solver.CacheResult) error) error {
	o.mu.Lock()
	own := slices.Collect(maps.Values(o.results[id]))
	o.mu.Unlock()
	for _, result := range own {
		if err := fn(result); err != nil {
			return err
		}
	}
	return o.below.WalkResults(id, func(result solver.CacheResult) error {
		if o.hidden(id, result.ID) {
			return nil
		}
		return fn(result)
	})
}

// hidden says that a result below was released, or is there above, too.
func (o *overlay) hidden(id, result string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	_, above := o.results[id][result]
	return above || o.released[result]
}

// Load returns one result of a key.
func (o *overlay) Load(id, resultID string) (solver.CacheResult, error) {
	o.mu.Lock()
	result, ok := o.results[id][resultID]
	released := o.released[resultID]
	o.mu.Unlock()
	switch {
	case ok:
		return result, nil
	case released:
		return solver.CacheResult{}, solver.ErrNotFound
	}
	return o.below.Load(id, resultID)
}

// AddResult gives a key a result.
func (o *overlay) AddResult(id string, result solver.CacheResult) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.results[id] == nil {
		o.results[id] = map[string]solver.CacheResult{}
	}
	o.results[id][result.ID] = result
	return nil
}

// Release takes a result from all keys.
func (o *overlay) Release(resultID string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.released[resultID] = true
	for _, results := range o.results {
		delete(results, resultID)
	}
	return nil
}

// WalkIDsByResult visits the keys of a result.
func (o *overlay) WalkIDsByResult(resultID string, fn func(string) error) error {
	o.mu.Lock()
	own := map[string]bool{}
	for id, results := range o.results {
		if _, ok := results[resultID]; ok {
			own[id] = true
		}
	}
	released := o.released[resultID]
	o.mu.Unlock()
	for id := range own {
		if err := fn(id); err != nil {
			return err
		}
	}
	if released {
		return nil
	}
	return o.below.WalkIDsByResult(resultID, func(id string) error {
		if own[id] {
			return nil
		}
		return fn(id)
	})
}

// AddLink links two keys.
func (o *overlay) AddLink(id string, info solver.CacheInfoLink, target string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.links[id] == nil {
		o.links[id] = map[link]bool{}
	}
	o.links[id][link{info, target}] = true
	return nil
}

// WalkLinks visits the keys that a link of one key leads to.
func (o *overlay) WalkLinks(id string, info solver.CacheInfoLink, fn func(id string) error) error {
	seen := map[string]bool{}
	visit := func(target string) error {
		if seen[target] {
			return nil
		}
		seen[target] = true
		return fn(target)
	}
	for _, target := range o.ownTargets(id, info) {
		if err := visit(target); err != nil {
			return err
		}
	}
	if id == wildcardKey {
		if o.index == nil {
			return nil
		}
		return o.index.walk(info, visit)
	}
	return o.below.WalkLinks(id, info, visit)
}

func (o *overlay) ownTargets(id string, info solver.CacheInfoLink) []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	var targets []string
	if id == wildcardKey { // any key's link does
		for _, links := range o.links {
			for l := range links {
				if l.Input == info.Input && l.Output == info.Output && l.Digest == info.Digest {
					targets = append(targets, l.target)
				}
			}
		}
		return targets
	}
	for l := range o.links[id] {
		if l.CacheInfoLink == info {
			targets = append(targets, l.target)
		}
	}
	return targets
}

// HasLink says whether two keys are linked.
func (o *overlay) HasLink(id string, info solver.CacheInfoLink, target string) bool {
	o.mu.Lock()
	own := o.links[id][link{info, target}]
	o.mu.Unlock()
	return own || o.below.HasLink(id, info, target)
}

// WalkBacklinks serves the export of a cache, which a dry run has none of.
func (o *overlay) WalkBacklinks(string, func(string, solver.CacheInfoLink) error) error { return nil }
