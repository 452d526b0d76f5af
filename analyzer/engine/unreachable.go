package engine

import (
	"errors"
	"fmt"
)

// Reasons for which an engine that answers is of no use.
var (
	// ErrNotBuildKit is in an UnreachableError where something else listens.
	ErrNotBuildKit = errors.New("what answers is not BuildKit")
	// ErrNoWorker is in one of an engine that cannot build.
	ErrNoWorker = errors.New("it has no worker to build with")
)

// UnreachableError is an engine that does not answer as a BuildKit should.
type UnreachableError struct {
	Address string
	// Err says why. It holds the error of the system where there is one, so that
	// errors.Is finds fs.ErrNotExist, syscall.ECONNREFUSED, ErrNotBuildKit,
	// context.Canceled, or context.DeadlineExceeded for an engine that is silent.
	Err error
}

// Error is one line.
func (e *UnreachableError) Error() string {
	return fmt.Sprintf("cannot reach BuildKit at %s: %v", e.Address, e.Err)
}

// Unwrap returns Err.
func (e *UnreachableError) Unwrap() error { return e.Err }
