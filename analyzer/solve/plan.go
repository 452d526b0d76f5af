package solve

import (
	"context"
	"errors"
	"time"

	"github.com/layerwise/layerwise/analyzer/engine"
	"github.com/layerwise/layerwise/analyzer/plan"
	"github.com/layerwise/layerwise/analyzer/record"
)

// Plan reads a Dockerfile and its context without an engine, and returns what a
// build would do as a record without outcomes. Base images are not looked at.
func Plan(ctx context.Context, o Options) (*record.Record, error) {
	if o.Source.Remote {
		return nil, errors.New("a remote context can only be read by an engine; clone it and name the folder")
	}
	mounts, err := o.Source.Mounts()
	if err != nil {
		return nil, err
	}
	attrs, err := FrontendAttrs(o)
	if err != nil {
		return nil, err
	}
	r := &run{Options: o, started: time.Now(), statuses: newStatuses()}
	r.frontend = &plan.Frontend{File: o.Source.File}
	if _, err := r.frontend.Build(ctx, &plan.Offline{Opts: attrs, Locals: mounts}); err != nil {
		return nil, r.noted(err)
	}
	if r.plan, err = r.frontend.Plan(); err != nil {
		return nil, err
	}
	r.startScans(ctx)
	rec := r.record(engine.Info{Kind: engine.KindNone}, nil)
	rec.Basis, rec.Result, rec.ID = record.Static, record.NotBuilt, ""
	return rec, r.addScans(ctx, rec)
}
