//go:build linux

package probe

import (
	"context"

	"github.com/moby/buildkit/cache"
	"github.com/moby/buildkit/cache/remotecache"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/solver"
	"github.com/moby/buildkit/worker"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/layerwise/layerwise/analyzer/engine"
)

// imported is what imported caches had for a build.
type imported struct {
	loads  map[string]int // results by import
	keys   map[digest.Digest]bool
	result map[digest.Digest]bool
}

// addTo adds it to the facts of the build.
func (i *imported) addTo(facts map[digest.Digest]engine.Fact) {
	for vertex, f := range facts {
		f.KeyOnly = i.keys[f.Key] && !i.result[f.Key]
		facts[vertex] = f
	}
	for id, n := range i.loads {
		facts[engine.ImportVertex(id)] = engine.Fact{Loads: n, OutputSize: -1}
	}
}

// Importer returns a function that resolves the same importer, with its caches
// watched for the build whose client asks.
func (r *Recorder) Importer(resolve remotecache.ResolveCacheImporterFunc) remotecache.ResolveCacheImporterFunc {
	return func(ctx context.Context, g session.Group, attrs map[string]string) (remotecache.Importer, ocispecs.Descriptor, error) {
		inner, desc, err := resolve(ctx, g, attrs)
		if err != nil {
			return nil, desc, err
		}
		return &importer{inner, watch{r, r.bySession(g)}}, desc, nil
	}
}

// TakeImports adds to the facts of a dry run what the imports of its client's build
// had, and forgets that.
func (r *Recorder) TakeImports(session string, facts map[digest.Digest]engine.Fact) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, b := range r.builds {
		if b.session == session {
			b.imported.addTo(facts)
			b.imported = imported{}
		}
	}
}

// bySession returns the build of a client; one that nobody asks for where there is
// none.
func (r *Recorder) bySession(g session.Group) *build {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, id := range session.AllSessionIDs(g) {
		for _, b := range r.builds {
			if b.session == id && !b.over {
				return b
			}
		}
	}
	return &build{}
}

// watch notes what is found for a build.
type watch struct {
	recorder *Recorder
	build    *build
}

func (w watch) loaded(id string) {
	w.recorder.mu.Lock()
	defer w.recorder.mu.Unlock()
	i := &w.build.imported
	if i.loads == nil {
		i.loads = map[string]int{}
	}
	i.loads[id]++
}

func (w watch) found(key digest.Digest, result bool) {
	w.recorder.mu.Lock()
	defer w.recorder.mu.Unlock()
	i := &w.build.imported
	if i.keys == nil {
		i.keys, i.result = map[digest.Digest]bool{}, map[digest.Digest]bool{}
	}
	i.keys[key] = true
	i.result[key] = i.result[key] || result
}

type importer struct {
	remotecache.Importer
	watch watch
}

func (r *importer) Resolve(ctx context.Context, desc ocispecs.Descriptor, id string, w worker.Worker) (solver.CacheManager, error) {
	inner, err := r.Importer.Resolve(ctx, desc, id, &loadingWorker{w, r.watch, id})
	if err != nil {
		return nil, err
	}
	return &importedCache{inner, r.watch}, nil
}

// loadingWorker counts the results that are taken from an import.
type loadingWorker struct {
	worker.Worker
	watch watch
	id    string
}

func (w *loadingWorker) FromRemote(ctx context.Context, remote *solver.Remote) (cache.ImmutableRef, error) {
	ref, err := w.Worker.FromRemote(ctx, remote)
	if err == nil {
		w.watch.loaded(w.id)
	}
	return ref, err
}

// importedCache notes which keys an import has with a result, and which without.
type importedCache struct {
	solver.CacheManager
	watch watch
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
	c.watch.found(dgst, found)
	return keys, nil
}
