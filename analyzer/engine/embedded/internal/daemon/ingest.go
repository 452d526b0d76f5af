//go:build linux

package daemon

import (
	"context"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/sirupsen/logrus"
)

// dropIngests removes blobs that were being written when a build ended. BuildKit
// would go on where they stop, which it cannot do with an image from an OCI
// layout of the client: every later build fails with "unsupported offset".
// Nothing may be building.
func dropIngests(ctx context.Context, store content.IngestManager) {
	left, err := store.ListStatuses(ctx)
	if err != nil {
		logrus.Warnf("look for blobs that were not finished: %v", err)
		return
	}
	for _, blob := range left {
		if err := store.Abort(ctx, blob.Ref); err != nil {
			logrus.Warnf("drop the unfinished blob %s: %v", blob.Ref, err)
		}
	}
}
