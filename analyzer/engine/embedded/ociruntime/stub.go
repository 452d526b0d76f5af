//go:build !linux

package ociruntime

import (
	"errors"
	"fmt"
	"runtime"
)

// Main returns at once: there is no runtime on this system.
func Main() {}

// Self is the program of whatever process starts the runtime.
const Self = "/proc/self/exe"

// Install always fails: containers need Linux.
func Install(dir, _ string) (path string, err error) {
	return "", fmt.Errorf("install the container runtime in %s: not possible on %s: %w", dir, runtime.GOOS, errors.ErrUnsupported)
}
