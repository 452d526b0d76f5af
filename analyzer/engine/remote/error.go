package remote

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/moby/buildkit/util/grpcerrors"
	"google.golang.org/grpc/codes"

	"github.com/layerwise/layerwise/analyzer/engine"
)

// reason turns an error of the first call into one that a person can read. ctx
// is the caller's, dial what connected, nil where gRPC did.
func reason(ctx context.Context, timeout time.Duration, dial *recordingDialer, err error) error {
	switch code := grpcerrors.Code(err); {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, engine.ErrNoWorker):
		return err
	case dial.last() != nil:
		return dial.last()
	case dial.isWeb():
		return engine.ErrNotBuildKit
	case code == codes.DeadlineExceeded || errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("no answer within %s: %w", timeout, context.DeadlineExceeded)
	case code == codes.Unimplemented:
		return engine.ErrNotBuildKit
	}
	text := plainText(err)
	if strings.Contains(text, "looked like an HTTP/1.1 header") {
		return engine.ErrNotBuildKit
	}
	return errors.New(text)
}

// plainText takes the words of a person out of a gRPC error such as
// `rpc error: code = Unavailable desc = connection error: desc = "transport: …"`.
func plainText(err error) string {
	text := err.Error()
	if status, ok := grpcerrors.AsGRPCStatus(err); ok {
		text = status.Message()
	}
	if _, quoted, ok := strings.Cut(text, "connection error: desc = "); ok {
		if unquoted, err := strconv.Unquote(quoted); err == nil {
			text = unquoted
		}
	}
	text = strings.TrimPrefix(text, "transport: ")
	text = strings.TrimPrefix(text, "Error while dialing: ")
	return strings.Join(strings.Fields(text), " ")
}
