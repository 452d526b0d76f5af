//go:build linux

package daemon

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/containerd/v2/plugins/snapshots/native"
	"github.com/containerd/containerd/v2/plugins/snapshots/overlay"
	"github.com/containerd/containerd/v2/plugins/snapshots/overlay/overlayutils"
	"github.com/containerd/errdefs"
	"github.com/containerd/platforms"
	"github.com/moby/buildkit/executor/oci"
	"github.com/moby/buildkit/util/network/netproviders"
	"github.com/moby/buildkit/worker/base"
	"github.com/moby/buildkit/worker/runc"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/layerwise/layerwise/analyzer/engine/embedded/internal/stepnet"
)

// The snapshotters, by the names that BuildKit's state folders carry.
const (
	SnapshotterOverlay = "overlayfs"
	SnapshotterNative  = "native"
)

// DetectSnapshotter returns overlayfs where the state folder's file system can
// do it in this process's namespaces, and native otherwise.
func DetectSnapshotter(root string) string {
	if overlayutils.Supported(root) == nil {
		return SnapshotterOverlay
	}
	return SnapshotterNative
}

// storage closes what BuildKit opens and forgets: the snapshotter's database.
type storage struct {
	snapshotter snapshots.Snapshotter
	folder      string // of the snapshotter
	network     stepNetwork
}

func (s *storage) Close() error {
	if err := s.snapshotter.Close(); err != nil {
		return fmt.Errorf("close snapshotter: %w", err)
	}
	return nil
}

// clean removes the folders of snapshots that the database does not know: it let
// go of them, or their process was killed before it noted them.
func (s *storage) clean(ctx context.Context) error {
	cleaner, ok := s.snapshotter.(snapshots.Cleaner)
	if !ok {
		return nil
	}
	err := cleaner.Cleanup(ctx)
	if errdefs.IsNotFound(err) { // the database has never known any
		err = os.RemoveAll(filepath.Join(s.folder, "snapshots"))
		if err == nil {
			err = os.Mkdir(filepath.Join(s.folder, "snapshots"), 0o700)
		}
	}
	if err != nil {
		return fmt.Errorf("remove left snapshots: %w", err)
	}
	return nil
}

// touch has a snapshotter open its database, which it leaves to its first use,
// so that a damaged one shows at the start.
func touch(s snapshots.Snapshotter) error {
	_, err := s.Stat(context.Background(), "none")
	if errdefs.IsNotFound(err) {
		return nil
	}
	return err
}

// openStorage opens the snapshots, the content, and their metadata, and sets up
// the executor that runs steps on them.
func openStorage(cfg Config) (*storage, base.WorkerOpt, error) {
	if err := checkWorkerID(cfg); err != nil {
		return nil, base.WorkerOpt{}, err
	}
	s := &storage{}
	networks := stepnet.Start()
	factory := runc.SnapshotterFactory{Name: cfg.Snapshotter}
	factory.New = func(root string) (_ snapshots.Snapshotter, err error) {
		s.folder = root
		switch cfg.Snapshotter {
		case SnapshotterOverlay:
			s.snapshotter, err = overlay.NewSnapshotter(root, overlay.AsynchronousRemove)
		case SnapshotterNative:
			s.snapshotter, err = native.NewSnapshotter(root)
		default:
			err = fmt.Errorf("unknown snapshotter %q: want %s or %s", cfg.Snapshotter, SnapshotterOverlay, SnapshotterNative)
		}
		if err != nil {
			return nil, err
		}
		return s.snapshotter, touch(s.snapshotter)
	}
	opt, err := runc.NewWorkerOpt(cfg.Root, factory, cfg.Rootless, oci.ProcessSandbox, nil, nil,
		netproviders.Opt{Mode: "host"}, nil, cfg.Runtime.Path, "", false, nil, "", "", nil)
	if err != nil {
		return nil, opt, errors.Join(fmt.Errorf("open state folder %s: %w", cfg.Root, err), networks.Close())
	}
	s.network = isolate(&opt, networks)
	limitRights(opt.NetworkProviders)
	guardDev(opt.NetworkProviders, filepath.Join(cfg.Root, "runc-"+cfg.Snapshotter, "executor"))
	// Platforms that this machine emulates are left for BuildKit to look for
	// when a build asks: running a program of each costs more than the start.
	opt.Platforms = []ocispecs.Platform{platforms.Normalize(platforms.DefaultSpec())}
	return s, opt, nil
}
