//go:build linux

package daemon

import (
	"errors"
	"fmt"
	"runtime/debug"
	"strings"

	bolterrors "go.etcd.io/bbolt/errors"
)

// IsDamage reports whether Open failed because a database cannot be read.
func IsDamage(err error) bool {
	var crash *crashError
	if errors.As(err, &crash) {
		return true
	}
	for _, damage := range []error{bolterrors.ErrInvalid, bolterrors.ErrVersionMismatch, bolterrors.ErrChecksum} {
		if errors.Is(err, damage) {
			return true
		}
	}
	// bbolt has no value for this one.
	return err != nil && strings.Contains(err.Error(), "file size too small")
}

// crashError is a panic while the databases were read: bbolt trusts its pages.
type crashError struct{ reason any }

func (e *crashError) Error() string { return fmt.Sprintf("reading its databases failed: %v", e.reason) }

// catchCrash turns a panic of f, or a fault in memory that is mapped from a
// truncated file, into an error.
func catchCrash(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if reason := recover(); reason != nil {
			err = &crashError{reason}
		}
	}()
	return f()
}
