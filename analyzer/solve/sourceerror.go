package solve

import (
	"context"
	"errors"
	"strings"
)

// SourceError is a build that failed because its local files could not be handed
// to the engine.
type SourceError struct {
	Err   error // of the transfer: *buildcontext.ChangedError, *transfer.StalledError, …
	Build error // the engine's
}

func (e *SourceError) Error() string    { return "read the build context: " + e.Err.Error() }
func (e *SourceError) Unwrap() error    { return e.Build }
func (e *SourceError) As(to any) bool   { return errors.As(e.Err, to) }
func (e *SourceError) Is(to error) bool { return errors.Is(e.Err, to) }

// sourceFailure says that a transfer failed a build, where it did: another error
// may have come first.
func sourceFailure(buildErr, transferErr error) error {
	if buildErr == nil || transferErr == nil {
		return buildErr
	}
	text := buildErr.Error()
	if !strings.Contains(text, transferErr.Error()) && !strings.Contains(text, context.Canceled.Error()) {
		return buildErr
	}
	return &SourceError{transferErr, buildErr}
}
