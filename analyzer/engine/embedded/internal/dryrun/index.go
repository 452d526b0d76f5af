//go:build linux

package dryrun

import (
	"fmt"
	"sync"

	"github.com/moby/buildkit/solver"
	"github.com/moby/buildkit/solver/bboltcachestorage"
	"github.com/opencontainers/go-digest"
)

// wildcard is the checksum of files that may be anything. The key that the
// solver makes of it is the same text, since a checksum of this algorithm is no
// checksum to BuildKit (rootKey in solver/cachemanager.go).
const (
	wildcard    = digest.Digest("random:" + wildcardHex)
	wildcardKey = string(wildcard)
	wildcardHex = "2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a"
)

// linkIndex finds the keys that operations have in a store, whatever the key of
// the input is that they were reached by.
type linkIndex struct {
	store *bboltcachestorage.Store

	once    sync.Once
	err     error
	targets map[solver.CacheInfoLink][]string // without selectors
}

// walk visits the keys of an operation by one of its inputs.
func (x *linkIndex) walk(info solver.CacheInfoLink, fn func(id string) error) error {
	x.once.Do(func() { x.err = x.read() })
	if x.err != nil {
		return x.err
	}
	// WalkLinksAll gives digests in this form.
	info.Digest = digest.FromBytes(fmt.Appendf(nil, "%s@%d", info.Digest, info.Output))
	info.Selector = ""
	for _, target := range x.targets[info] {
		if err := fn(target); err != nil {
			return err
		}
	}
	return nil
}

func (x *linkIndex) read() error {
	x.targets = map[solver.CacheInfoLink][]string{}
	return x.store.Walk(func(id string) error {
		return x.store.WalkLinksAll(id, func(target string, info solver.CacheInfoLink) error {
			info.Selector = ""
			x.targets[info] = append(x.targets[info], target)
			return nil
		})
	})
}
