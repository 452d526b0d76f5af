package solve

import (
	"context"
	"fmt"
	"time"

	"github.com/layerwise/layerwise/analyzer/engine"
	"github.com/layerwise/layerwise/analyzer/plan"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/moby/buildkit/client"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/identity"
	"github.com/opencontainers/go-digest"
)

// Rehearsal is what a dry run tells of a build.
type Rehearsal struct {
	// Record has the steps with their evidence: keys, checksums, scanned files. The
	// outcomes are not filled in.
	Record *record.Record
	// Plan is where the steps come from, in the same order.
	Plan  *plan.Plan
	Facts *engine.DryFacts
}

// Rehearse does what Run does up to the point where a step would run. What is
// exported is left out.
func Rehearse(ctx context.Context, eng engine.DryRunner, o Options) (*Rehearsal, error) {
	o.Outputs, o.CacheTo = nil, nil
	r := &run{Options: o, engine: eng, started: time.Now(), statuses: newStatuses(), ref: identity.NewID(), imports: newImports(o.CacheFrom)}
	r.frontend = &plan.Frontend{StandIns: o.StandIns, File: o.Source.File}
	opt, err := r.solveOpt()
	if err != nil {
		return nil, err
	}
	opt.Internal = true // the engine keeps no history of it
	var facts *engine.DryFacts
	_, err = r.follow(ctx, opt, func(ctx context.Context, c gateway.Client) (*gateway.Result, error) {
		empty, err := r.planOnly(ctx, c)
		if err != nil {
			return nil, err
		}
		r.startScans(ctx)
		facts, err = r.dryRun(ctx, eng, c.BuildOpts().SessionID)
		return empty, err
	})
	if err != nil {
		r.scans.wait.Wait()
		if ctx.Err() != nil { // whatever it led to
			err = context.Cause(ctx)
		} else if r.plan == nil {
			err = r.noted(r.maskError(err))
		}
		return nil, err
	}
	rec := r.record(eng.Info(), nil)
	rec.Basis, rec.Result = record.Predicted, record.NotBuilt
	r.addFacts(rec, facts.Most)
	r.addDryImports(rec, facts.ImportErrors)
	if err := r.addScans(ctx, rec); err != nil {
		rec.Warnings = append(rec.Warnings, err.Error())
	}
	rec.Seconds = time.Since(r.started).Seconds()
	return &Rehearsal{Record: rec, Plan: r.plan, Facts: facts}, nil
}

func (r *run) dryRun(ctx context.Context, eng engine.DryRunner, session string) (*engine.DryFacts, error) {
	definitions, imports := r.frontend.Definitions()
	if len(definitions) == 0 {
		return &engine.DryFacts{Certain: true}, nil
	}
	d := engine.DryRun{Session: session, Allow: r.Allow}
	for _, def := range definitions {
		dt, err := def.Marshal()
		if err != nil {
			return nil, fmt.Errorf("encode definition: %w", err)
		}
		d.Definitions = append(d.Definitions, dt)
	}
	for _, i := range imports {
		d.CacheImports = append(d.CacheImports, client.CacheOptionsEntry{Type: i.Type, Attrs: i.Attrs})
	}
	return eng.DryRun(ctx, d)
}

// addFacts copies the evidence of a dry run to every vertex of every step.
func (r *run) addFacts(rec *record.Record, facts map[digest.Digest]engine.Fact) {
	i := 0
	for _, b := range r.plan.Builds {
		for _, s := range b.Steps {
			for j, v := range s.Vertices {
				if f, ok := facts[v.Digest]; ok {
					r.addFact(&rec.Steps[i].Vertices[j], f)
				}
			}
			i++
		}
	}
}
