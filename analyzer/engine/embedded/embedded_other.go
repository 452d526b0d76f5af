//go:build !linux

package embedded

import (
	"context"
	"errors"

	"github.com/moby/buildkit/client"
	"github.com/opencontainers/go-digest"

	"github.com/layerwise/layerwise/analyzer/engine"
)

// ErrUnsupported is what Start returns on systems other than Linux.
var ErrUnsupported = errors.New("the embedded engine needs Linux: name a running BuildKit with --addr or BUILDKIT_HOST")

// Main does nothing on this system.
func Main() {}

// Engine does not exist on this system: Start makes none.
type Engine struct{}

// Start returns ErrUnsupported.
func Start(context.Context, Options) (*Engine, error) { return nil, ErrUnsupported }

// Remove returns ErrUnsupported.
func Remove(context.Context, string) error { return ErrUnsupported }

// Client returns nil.
func (*Engine) Client() *client.Client { return nil }

// Info returns the zero value.
func (*Engine) Info() engine.Info { return engine.Info{} }

// Facts returns ErrUnsupported.
func (*Engine) Facts(context.Context, string) (map[digest.Digest]engine.Fact, error) {
	return nil, ErrUnsupported
}

// Close does nothing.
func (*Engine) Close() error { return nil }

// Beside returns nil.
func (*Engine) Beside() *Beside { return nil }

// Beside does not exist on this system.
type Beside struct{ Runtime string }

// Size returns ErrUnsupported.
func (*Beside) Size() (int64, error) { return 0, ErrUnsupported }

// Remove returns ErrUnsupported.
func (*Beside) Remove() error { return ErrUnsupported }
