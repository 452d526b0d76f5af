package embedded

import (
	"context"

	"github.com/layerwise/layerwise/analyzer/engine"
)

var _ engine.Engine = (*Engine)(nil)

// capabilities: nobody else knows of the engine, and every operation is wrapped.
var capabilities = engine.Capabilities{Facts: true, DryRun: true, Private: true, CacheTypes: []string{"inline", "local", "registry"}}

// Capabilities returns what the engine can do.
func (*Engine) Capabilities() engine.Capabilities { return capabilities }

// Connector starts the embedded engine. It is always there to be used, so it
// comes last among connectors.
type Connector struct {
	// Options are asked for when the engine is to start.
	Options func() (Options, error)
}

// Kind is engine.KindEmbedded.
func (*Connector) Kind() string { return engine.KindEmbedded }

// Capabilities are those of the engine.
func (*Connector) Capabilities() engine.Capabilities { return capabilities }

// Look finds the engine.
func (*Connector) Look(context.Context) (engine.Look, error) { return engine.Look{Found: true}, nil }

// Connect is Start.
func (c *Connector) Connect(ctx context.Context) (engine.Engine, error) {
	o, err := c.Options()
	if err != nil {
		return nil, err
	}
	e, err := Start(ctx, o)
	if err != nil {
		return nil, err
	}
	return e, nil
}
