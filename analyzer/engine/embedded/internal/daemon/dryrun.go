//go:build linux

package daemon

import (
	"context"

	"github.com/moby/buildkit/util/entitlements"

	"github.com/layerwise/layerwise/analyzer/engine"
	"github.com/layerwise/layerwise/analyzer/engine/embedded/internal/dryrun"
)

// allowed are the entitlements that a build may ask for.
var allowed = []entitlements.Entitlement{entitlements.EntitlementNetworkHost, entitlements.EntitlementSecurityInsecure}

// DryRun tells what a build would run; see engine.DryRunner.
func (d *Daemon) DryRun(ctx context.Context, q engine.DryRun) (*engine.DryFacts, error) {
	facts, err := dryrun.Run(ctx, dryrun.Engine{
		Worker:       d.worker,
		Sessions:     d.sessions,
		Keys:         d.keys,
		Importers:    d.importers,
		Entitlements: allowed,
	}, q)
	if err != nil {
		return nil, err
	}
	d.recorder.TakeImports(q.Session, facts.Most)
	return facts, nil
}
