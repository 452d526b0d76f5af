//go:build linux

package probe

import (
	"context"
	"sync"

	"github.com/moby/buildkit/cache"
	"github.com/moby/buildkit/cache/remotecache"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/solver"
	"github.com/moby/buildkit/worker"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/layerwise/layerwise/analyzer/engine"
)

// Imports keeps what imported caches had for a build since it was last taken. The
// zero value is ready to use; it is safe for concurrent use.
type Imports struct {
	mu     sync.Mutex
	loads  map[string]int // results by import
	keys   map[digest.Digest]bool
	result map[digest.Digest]bool
}

// Wrap returns a function that resolves the same importer, with its caches watched.
func (i *Imports) Wrap(resolve remotecache.ResolveCacheImporterFunc) remotecache.ResolveCacheImporterFunc {
	return func(ctx context.Context, g session.Group, attrs map[string]string) (remotecache.Importer, ocispecs.Descriptor, error) {
		inner, desc, err := resolve(ctx, g, attrs)
		if err != nil {
			return nil, desc, err
		}
		return &importer{inner, i}, desc, nil
	}
}

// Take adds to the facts of a build what its imports had, and forgets it.
func (i *Imports) Take(facts map[digest.Digest]engine.Fact) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for vertex, f := range facts {
		f.KeyOnly = i.keys[f.Key] && !i.result[f.Key]
		facts[vertex] = f
	}
	for id, n := range i.loads {
		facts[engine.ImportVertex(id)] = engine.Fact{Loads: n, OutputSize: -1}
	}
	i.loads, i.keys, i.result = nil, nil, nil
}

type importer struct {
	remotecache.Importer
	imports *Imports
}

func (r *importer) Resolve(ctx context.Context, desc ocispecs.Descriptor, id string, w worker.Worker) (solver.CacheManager, error) {
	inner, err := r.Importer.Resolve(ctx, desc, id, &loadingWorker{w, r.imports, id})
	if err != nil {
		return nil, err
	}
	return &importedCache{inner, r.imports}, nil
}

// loadingWorker counts the results that are taken from an import.
type loadingWorker struct {
	worker.Worker
	imports *Imports
	id      string
}

func (w *loadingWorker) FromRemote(ctx context.Context, remote *solver.Remote) (cache.ImmutableRef, error) {
	ref, err := w.Worker.FromRemote(ctx, remote)
	if err == nil {
		w.imports.mu.Lock()
		defer w.imports.mu.Unlock()
		if w.imports.loads == nil {
			w.imports.loads = map[string]int{}
		}
		w.imports.loads[w.id]++
	}
	return ref, err
}

// importedCache notes which keys an import has with a result, and which without.
type importedCache struct {
	solver.CacheManager
	imports *Imports
}

func (c *importedCache) Query(in []solver.CacheKeyWithSelector, inputIndex solver.Index, dgst digest.Digest, outputIndex solver.Index) ([]*solver.CacheKey, error) {
	keys, err := c.CacheManager.Query(in, inputIndex, dgst, outputIndex)
	if err != nil || len(keys) == 0 {
		return keys, err
	}
	found := false
	for _, key := range keys {
		records, err := c.CacheManager.Records(context.Background(), key)
		found = found || err == nil && len(records) > 0
	}
	c.imports.mu.Lock()
	defer c.imports.mu.Unlock()
	if c.imports.keys == nil {
		c.imports.keys, c.imports.result = map[digest.Digest]bool{}, map[digest.Digest]bool{}
	}
	c.imports.keys[dgst] = true
	c.imports.result[dgst] = c.imports.result[dgst] || found
	return keys, nil
}
