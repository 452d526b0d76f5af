//go:build !linux

package playground

import (
	"context"
	"errors"

	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// Main does nothing: the image's program runs on Linux only.
func Main() {}

// Tools returns nil: the image exists on Linux only.
func Tools() []string { return nil }

// Layout fails: the image is made of the running program, which only Linux containers could run.
func Layout(context.Context, string, ocispecs.Platform) (ocispecs.Descriptor, error) {
	return ocispecs.Descriptor{}, errors.New("the playground image can be made on Linux only")
}
