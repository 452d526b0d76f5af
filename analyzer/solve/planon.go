package solve

import (
	"context"
	"errors"
	"time"

	"github.com/layerwise/layerwise/analyzer/engine"
	"github.com/layerwise/layerwise/analyzer/plan"
	"github.com/layerwise/layerwise/analyzer/record"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/identity"
	"github.com/opencontainers/go-digest"
)

// PlanOn returns what a build on this engine would do as a record without
// outcomes. Only the frontend runs: the engine resolves base images and takes
// the Dockerfile and .dockerignore, no step is looked at, nothing is exported,
// and the engine keeps no history of it. What ADD downloads is looked up, as a build
// does before it decides. The basis is Predicted. Files that are edited (Source.Edited)
// have a content that no build has seen.
func PlanOn(ctx context.Context, eng engine.Engine, o Options) (*record.Record, error) {
	if o.Source.Remote {
		return nil, errors.New("only the engine can read a remote context; clone it and name the folder")
	}
	o.Outputs, o.CacheTo = nil, nil
	r := &run{Options: o, engine: eng, started: time.Now(), statuses: newStatuses(), ref: identity.NewID(), imports: newImports(o.CacheFrom)}
	r.frontend = &plan.Frontend{StandIns: o.StandIns, File: o.Source.File}
	r.Source.edits = nil // the engine gets to see the files as they are
	opt, err := r.solveOpt()
	if err != nil {
		return nil, err
	}
	opt.Internal = true
	_, err = r.follow(ctx, opt, func(ctx context.Context, c gateway.Client) (*gateway.Result, error) {
		empty, err := r.planOnly(ctx, c)
		if err == nil {
			r.resolvePins(ctx, c)
		}
		return empty, err
	})
	if err != nil {
		if r.plan == nil {
			err = r.noted(err)
		}
		return nil, err
	}
	r.Source.edits = o.Source.edits
	r.startScans(ctx)
	rec := r.record(eng.Info(), nil)
	rec.Basis, rec.Result = record.Predicted, record.NotBuilt
	r.addPins(rec)
	r.addDryImports(rec, nil)
	err = r.addScans(ctx, rec)
	rec.Seconds = time.Since(r.started).Seconds()
	return rec, err
}

// addPins writes what remote sources resolved to.
func (r *run) addPins(rec *record.Record) {
	for i := range rec.Steps {
		for j := range rec.Steps[i].Vertices {
			v := &rec.Steps[i].Vertices[j]
			if pin := r.pins[digest.Digest(v.Digest)]; pin != "" {
				v.Pin = r.redactor.Text(pin)
			}
		}
	}
}

// planOnly is a gateway build function with an empty result: the engine has
// nothing to run for it.
func (r *run) planOnly(ctx context.Context, c gateway.Client) (*gateway.Result, error) {
	if _, err := r.frontend.Build(ctx, c); err != nil {
		return nil, err
	}
	var err error
	if r.plan, err = r.frontend.Plan(); err != nil {
		return nil, err
	}
	if r.Planned != nil {
		r.Planned(r.Source.Project(r.Target, r.platforms()))
	}
	return gateway.NewResult(), nil
}
