//go:build linux

package dryrun

import (
	"context"
	"errors"
	"fmt"

	"github.com/moby/buildkit/cache/remotecache"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/solver"
	"github.com/moby/buildkit/solver/bboltcachestorage"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/entitlements"
	"github.com/moby/buildkit/worker/base"
	"github.com/opencontainers/go-digest"

	"github.com/layerwise/layerwise/analyzer/engine"
	"github.com/layerwise/layerwise/analyzer/engine/embedded/internal/probe"
)

// Engine is the BuildKit that a dry run is about.
type Engine struct {
	Worker       *base.Worker
	Sessions     *session.Manager
	Keys         *bboltcachestorage.Store // only read
	Importers    map[string]remotecache.ResolveCacheImporterFunc
	Entitlements []entitlements.Entitlement // that a build may ask for
}

// request is a dry run with everything looked up.
type request struct {
	session     string
	definitions []*pb.Definition
	allowed     entitlements.Set
	imported    []solver.CacheManager
	// importErrors has why an import could not be read, "" where it could.
	importErrors []string
}

// Run asks what a build would run. See engine.DryRunner.
func Run(ctx context.Context, e Engine, d engine.DryRun) (facts *engine.DryFacts, err error) {
	r, err := e.request(ctx, d)
	if err != nil {
		return nil, err
	}
	defer func() {
		if facts != nil {
			facts.ImportErrors = r.importErrors
		}
	}()
	from := newSources()
	defer func() { err = errors.Join(err, from.release(context.WithoutCancel(ctx), e.Worker)) }()

	most, mostFacts, err := e.solve(ctx, r, from, nil)
	if err != nil {
		return nil, err
	}
	doubtful := most.hangs()
	switch {
	case len(doubtful) == 0:
		return &engine.DryFacts{Most: mostFacts, Least: mostFacts, Certain: true}, nil
	case len(r.imported) > 0: // whose keys cannot be searched for all that might fit
		return &engine.DryFacts{Most: mostFacts}, nil
	}
	_, leastFacts, err := e.solve(ctx, r, from, doubtful)
	if err != nil {
		return nil, err
	}
	return &engine.DryFacts{Most: mostFacts, Least: leastFacts}, nil
}

// dryBuild is the one build that a world's recorder knows.
const dryBuild = "dry run"

// solve makes a world and solves in it. Without doubtful vertices, files that
// nobody has made fit nothing.
func (e Engine) solve(ctx context.Context, r *request, from *sources, doubtful map[digest.Digest]bool) (*world, map[digest.Digest]engine.Fact, error) {
	recorder := probe.NewRecorder(nil)
	recorded, err := recorder.Worker(e.Worker)
	if err != nil {
		return nil, nil, err
	}
	w := newWorld(recorded, recorder, e.Sessions, from)
	keys := newOverlay(e.Keys)
	if doubtful != nil {
		w.fits, w.doubtful = true, doubtful
		keys.index = &linkIndex{store: e.Keys}
	}
	recorder.Begin(dryBuild, r.session)
	err = w.solve(ctx, keys, r)
	recorder.End(dryBuild)
	if err != nil {
		return nil, nil, err
	}
	facts, err := recorder.Take(ctx, dryBuild)
	return w, facts, err
}

func (e Engine) request(ctx context.Context, d engine.DryRun) (*request, error) {
	var asked []entitlements.Entitlement
	for _, name := range d.Allow {
		asked = append(asked, entitlements.Entitlement(name))
	}
	allowed, err := entitlements.WhiteList(asked, e.Entitlements)
	if err != nil {
		return nil, fmt.Errorf("allow entitlements: %w", err)
	}
	r := &request{session: d.Session, allowed: allowed}
	for _, dt := range d.Definitions {
		def := &pb.Definition{}
		if err := def.Unmarshal(dt); err != nil {
			return nil, fmt.Errorf("decode definition: %w", err)
		}
		r.definitions = append(r.definitions, def)
	}
	for i, from := range d.CacheImports {
		// A cache that cannot be read is as good as none, as in a build.
		failed := ""
		if cache, err := e.importCache(ctx, d.Session, from, fmt.Sprintf("import-%d", i)); err == nil {
			r.imported = append(r.imported, cache)
		} else {
			failed = err.Error()
		}
		r.importErrors = append(r.importErrors, failed)
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
	}
	return r, nil
}

// importCache follows llbBridge.loadResult in BuildKit's
// solver/llbsolver/bridge.go.
func (e Engine) importCache(ctx context.Context, sessionID string, from client.CacheOptionsEntry, id string) (solver.CacheManager, error) {
	resolve, ok := e.Importers[from.Type]
	if !ok {
		return nil, fmt.Errorf("unknown cache importer: %s", from.Type)
	}
	importer, desc, err := resolve(ctx, session.NewGroup(sessionID), from.Attrs)
	if err != nil {
		return nil, err
	}
	return importer.Resolve(ctx, desc, id, e.Worker)
}
