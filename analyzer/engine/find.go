package engine

import (
	"context"
	"errors"
	"fmt"
)

// Connector is one way to come to an engine.
type Connector interface {
	// Kind is that of the engines that are reached this way.
	Kind() string
	// Capabilities are those of the engine, as far as they are known before it is
	// reached.
	Capabilities() Capabilities
	// Look says whether there is an engine to be reached this way. It starts nothing
	// and takes no long time. An error is of something that was asked for by name and
	// cannot be looked at.
	Look(ctx context.Context) (Look, error)
	// Connect reaches the engine, or starts it.
	Connect(ctx context.Context) (Engine, error)
}

// Look is what a connector found.
type Look struct {
	Found bool
	// By says by what the engine was named or found, in few words: a flag, a variable.
	// "" where it needs no name.
	By string
}

// ErrNone says that no connector found an engine.
var ErrNone = errors.New("there is no engine to build with")

// Find returns the first connector that finds an engine. The order of the
// connectors is that in which they count.
func Find(ctx context.Context, connectors ...Connector) (Connector, Look, error) {
	for _, c := range connectors {
		look, err := c.Look(ctx)
		if err != nil {
			return nil, Look{}, fmt.Errorf("look for an engine: %s: %w", c.Kind(), err)
		}
		if look.Found {
			return c, look, nil
		}
	}
	return nil, Look{}, ErrNone
}
