//go:build linux

package dryrun

import (
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"github.com/moby/buildkit/solver"
	"github.com/moby/buildkit/solver/bboltcachestorage"
	"github.com/opencontainers/go-digest"
)

func store(t *testing.T) *bboltcachestorage.Store {
	t.Helper()
	s, err := bboltcachestorage.NewStore(filepath.Join(t.TempDir(), "cache.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func resultIDs(t *testing.T, s solver.CacheKeyStorage, id string) []string {
	t.Helper()
	var ids []string
	must(t, s.WalkResults(id, func(r solver.CacheResult) error {
		ids = append(ids, r.ID)
		return nil
	}))
	slices.Sort(ids)
	return ids
}

func targets(t *testing.T, s solver.CacheKeyStorage, id string, info solver.CacheInfoLink) []string {
	t.Helper()
	var ids []string
	must(t, s.WalkLinks(id, info, func(id string) error {
		ids = append(ids, id)
		return nil
	}))
	slices.Sort(ids)
	return ids
}

func TestOverlayReadsAsOneAndWritesAbove(t *testing.T) {
	below := store(t)
	info := solver.CacheInfoLink{Input: 1, Digest: digest.FromString("op"), Selector: digest.FromString("sel")}
	must(t,
		below.AddResult("key", solver.CacheResult{ID: "old"}),
		below.AddResult("key", solver.CacheResult{ID: "both"}),
		below.AddLink("from", info, "key"),
	)
	o := newOverlay(below)
	must(t,
		o.AddResult("key", solver.CacheResult{ID: "new"}),
		o.AddResult("key", solver.CacheResult{ID: "both"}),
		o.AddLink("from", info, "other"),
		o.AddLink("from", info, "key"),
	)
	if got := resultIDs(t, o, "key"); !slices.Equal(got, []string{"both", "new", "old"}) {
		t.Errorf("results %q", got)
	}
	if got := targets(t, o, "from", info); !slices.Equal(got, []string{"key", "other"}) {
		t.Errorf("links lead to %q", got)
	}
	for id, want := range map[string]bool{"key": true, "from": true, "none": false} {
		if o.Exists(id) != want {
			t.Errorf("%s exists: %v", id, !want)
		}
	}
	if !o.HasLink("from", info, "key") || !o.HasLink("from", info, "other") || o.HasLink("from", info, "none") {
		t.Error("links are not as they were added")
	}
	var keys []string
	must(t, o.WalkIDsByResult("both", func(id string) error {
		keys = append(keys, id)
		return nil
	}))
	if !slices.Equal(keys, []string{"key"}) {
		t.Errorf("keys of a result: %q", keys)
	}

	must(t, o.Release("old"), o.Release("new"))
	if got := resultIDs(t, o, "key"); !slices.Equal(got, []string{"both"}) {
		t.Errorf("results after a release: %q", got)
	}
	for _, id := range []string{"old", "new"} {
		if _, err := o.Load("key", id); !errors.Is(err, solver.ErrNotFound) {
			t.Errorf("result %s was released and loads: %v", id, err)
		}
	}
	if _, err := o.Load("key", "both"); err != nil {
		t.Error(err)
	}

	if got := resultIDs(t, below, "key"); !slices.Equal(got, []string{"both", "old"}) {
		t.Errorf("results below became %q", got)
	}
	if got := targets(t, below, "from", info); !slices.Equal(got, []string{"key"}) {
		t.Errorf("links below lead to %q", got)
	}
}

// The wildcard leads wherever a link of that operation and input leads, in the
// store and in what the dry run added.
func TestWildcardFitsEverything(t *testing.T) {
	below := store(t)
	info := solver.CacheInfoLink{Input: 1, Digest: digest.FromString("op")}
	selected, otherInput, otherOp := info, info, info
	selected.Selector = digest.FromString("sel")
	otherInput.Input = 0
	otherOp.Digest = digest.FromString("other op")
	must(t,
		below.AddLink("a", info, "1"),
		below.AddLink("b", selected, "2"),
		below.AddLink("a", otherInput, "3"),
		below.AddLink("a", otherOp, "4"),
	)
	o := newOverlay(below)
	must(t, o.AddLink("c", selected, "5"), o.AddLink("c", otherOp, "6"))
	if got := targets(t, o, wildcardKey, info); !slices.Equal(got, []string{"5"}) {
		t.Errorf("without an index: %q", got)
	}
	o.index = &linkIndex{store: below}
	if got := targets(t, o, wildcardKey, info); !slices.Equal(got, []string{"1", "2", "5"}) {
		t.Errorf("the wildcard leads to %q", got)
	}
	if got := targets(t, o, "a", info); !slices.Equal(got, []string{"1"}) {
		t.Errorf("a key of its own leads to %q", got)
	}
	if key := solver.NewCacheKey(wildcard, "", -1); key.ID != wildcardKey {
		t.Errorf("BuildKit's key of the wildcard is %s, not %s", key.ID, wildcardKey)
	}
}
