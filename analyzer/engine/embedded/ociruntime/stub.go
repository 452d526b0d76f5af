//go:build !linux

package ociruntime

import (
	"errors"
	"fmt"
	"runtime"
)

// Main returns at once: there is no runtime on this system.
func Main() {}

// Install always fails: containers need Linux.
func Install(dir string) (path string, err error) {
	return "", fmt.Errorf("install the container runtime in %s: not possible on %s: %w", dir, runtime.GOOS, errors.ErrUnsupported)
}
