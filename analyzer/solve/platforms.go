package solve

import (
	"context"
	"errors"
	"strings"

	"github.com/containerd/platforms"
	"github.com/layerwise/layerwise/analyzer/engine"
)

// Platforms are those that a build is for: what is asked for, else the engine's
// own. eng may be nil, then the machine's own stands for it.
func Platforms(ctx context.Context, eng engine.Engine, o Options) ([]string, error) {
	attrs := map[string]string{}
	if err := setPlatforms(attrs, o.Platforms); err != nil {
		return nil, err
	}
	if asked := attrs["platform"]; asked != "" {
		return strings.Split(asked, ","), nil
	}
	own := platforms.Normalize(platforms.DefaultSpec())
	if eng != nil {
		workers, err := eng.Client().ListWorkers(ctx)
		if err != nil {
			return nil, err
		}
		if len(workers) == 0 || len(workers[0].Platforms) == 0 {
			return nil, errors.New("the engine names no platform that it builds for")
		}
		own = workers[0].Platforms[0]
	}
	return []string{platforms.FormatAll(own)}, nil
}
