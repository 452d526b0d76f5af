package engine

import (
	"cmp"
	"context"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/util/grpcerrors"
	"google.golang.org/grpc/codes"
)

// The labels with which a worker says how it works (worker/label in BuildKit,
// which only the daemon may import).
const (
	labelExecutor    = "org.mobyproject.buildkit.worker.executor"
	labelSnapshotter = "org.mobyproject.buildkit.worker.snapshotter"
)

// Ask fills what an engine tells about itself, which is all of Info but how it was
// reached. An engine before v0.11 has no call for its version. Where there is no
// worker, the error is ErrNoWorker.
func Ask(ctx context.Context, c *client.Client) (Info, error) {
	info := Info{}
	answer, err := c.Info(ctx)
	switch {
	case err == nil:
		info.Version = answer.BuildkitVersion.Version
	case grpcerrors.Code(err) != codes.Unimplemented:
		return Info{}, err
	}
	workers, err := c.ListWorkers(ctx)
	if err != nil {
		return Info{}, err
	}
	if len(workers) == 0 {
		return Info{}, ErrNoWorker
	}
	w := workers[0] // BuildKit's default worker
	info.CacheID = w.ID
	info.Version = cmp.Or(info.Version, w.BuildkitVersion.Version)
	info.Snapshotter = w.Labels[labelSnapshotter]
	if w.Labels[labelExecutor] == "oci" { // BuildKit's name for running runc itself
		info.Isolation = "runc"
	}
	return info, nil
}
