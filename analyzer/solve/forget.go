package solve

import (
	"context"
	"slices"

	"github.com/layerwise/layerwise/analyzer/engine"
	"github.com/layerwise/layerwise/analyzer/record"
)

// forgetCredentials removes the build from the history of an engine of our own
// where the request has credentials in it: BuildKit keeps requests as they are. The
// histories of other engines belong to others.
func (r *run) forgetCredentials(ctx context.Context) {
	if !r.engine.Capabilities().Private || !r.hasCredentials() {
		return
	}
	// An engine that is gone says so elsewhere, and one that did not get as far as
	// to note the build has nothing to forget.
	_ = engine.ForgetBuild(ctx, r.engine.Client(), r.ref)
}

// hasCredentials says whether the request has any, as far as names and forms tell.
func (r *run) hasCredentials() bool {
	for _, named := range []map[string]string{r.BuildArgs, r.Labels, r.Source.Named} {
		for name, value := range named {
			if record.LooksSecret(name) || record.Mask(value) != value {
				return true
			}
		}
	}
	for _, entry := range slices.Concat(r.CacheFrom, r.CacheTo) {
		for name, value := range entry.Attrs {
			if record.LooksSecret(name) || record.Mask(value) != value {
				return true
			}
		}
	}
	return record.Mask(r.Source.Context) != r.Source.Context
}
