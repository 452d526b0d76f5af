package engine

import (
	"context"
	"errors"
	"fmt"
	"io"

	controlapi "github.com/moby/buildkit/api/services/control"
	"github.com/moby/buildkit/client"
)

// ForgetBuild removes a build from an engine's history: its request, with all build
// arguments, and its log.
func ForgetBuild(ctx context.Context, c *client.Client, ref string) error {
	_, err := c.ControlClient().UpdateBuildHistory(ctx, &controlapi.UpdateBuildHistoryRequest{Ref: ref, Delete: true})
	if err != nil {
		return fmt.Errorf("remove build %s from the engine's history: %w", ref, err)
	}
	return nil
}

// ForgetBuilds empties an engine's history, and returns how many builds it had.
func ForgetBuilds(ctx context.Context, c *client.Client) (int, error) {
	stream, err := c.ControlClient().ListenBuildHistory(ctx, &controlapi.BuildHistoryRequest{EarlyExit: true})
	if err != nil {
		return 0, fmt.Errorf("read the engine's history: %w", err)
	}
	var refs []string
	for {
		event, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return 0, fmt.Errorf("read the engine's history: %w", err)
		}
		if event.Type != controlapi.BuildHistoryEventType_DELETED && event.Record != nil {
			refs = append(refs, event.Record.Ref)
		}
	}
	for _, ref := range refs {
		if err := ForgetBuild(ctx, c, ref); err != nil {
			return 0, err
		}
	}
	return len(refs), nil
}
