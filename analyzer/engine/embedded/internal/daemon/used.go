//go:build linux

package daemon

import (
	"context"
	"os"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/moby/buildkit/client"
)

// hidden is how much of the state folder is no part of what BuildKit's garbage
// collection counts: blobs that only an export, an import or the history holds,
// snapshots that no record has, databases. The bound is one for the whole folder.
func (d *Daemon) hidden(ctx context.Context) (int64, error) {
	records, err := d.worker.DiskUsage(ctx, client.DiskUsageInfo{})
	if err != nil {
		return 0, err
	}
	hidden := int64(0)
	for _, r := range records {
		hidden -= r.Size
	}
	err = d.worker.ContentStore().Walk(ctx, func(info content.Info) error {
		hidden += info.Size
		return nil
	})
	if err != nil {
		return 0, err
	}
	var names []string // asked for when the walk has let go of the database
	err = d.worker.Snapshotter.Walk(ctx, func(_ context.Context, info snapshots.Info) error {
		names = append(names, info.Name)
		return nil
	})
	if err != nil {
		return 0, err
	}
	for _, name := range names {
		usage, err := d.worker.Snapshotter.Usage(ctx, name)
		if err != nil {
			return 0, err
		}
		hidden += usage.Size
	}
	for _, path := range databases(d.config) {
		if info, err := os.Stat(path); err == nil {
			hidden += info.Size()
		}
	}
	return max(hidden, 0), nil
}
