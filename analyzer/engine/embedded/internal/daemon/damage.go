//go:build linux

package daemon

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	bolterrors "go.etcd.io/bbolt/errors"
)

// IsDamage reports whether Open failed because the state cannot be read.
func IsDamage(err error) bool {
	var crash *crashError
	if errors.As(err, &crash) {
		return true
	}
	for _, damage := range []error{errWorkerID, bolterrors.ErrInvalid, bolterrors.ErrVersionMismatch, bolterrors.ErrChecksum} {
		if errors.Is(err, damage) {
			return true
		}
	}
	// bbolt has no value for this one.
	return err != nil && strings.Contains(err.Error(), "file size too small")
}

var errWorkerID = errors.New("it does not hold the id of a worker")

// checkWorkerID refuses a file that BuildKit would take for the worker's id, and
// make part of its keys, whatever is in it. The file may be missing.
func checkWorkerID(cfg Config) error {
	path := filepath.Join(workerRoot(cfg), "workerid")
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the worker's id: %w", err)
	}
	defer f.Close()
	id, err := io.ReadAll(io.LimitReader(f, workerIDLength+1))
	if err != nil {
		return fmt.Errorf("read the worker's id: %w", err)
	}
	if len(id) != workerIDLength || strings.Trim(string(id), base36) != "" {
		return fmt.Errorf("%s: %w", path, errWorkerID)
	}
	return nil
}

// What BuildKit's identity.NewID makes.
const (
	workerIDLength = 25
	base36         = "0123456789abcdefghijklmnopqrstuvwxyz"
)

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
