//go:build linux

package daemon

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/containerd/containerd/v2/core/remotes/docker"
	"github.com/containerd/containerd/v2/defaults"
	"github.com/moby/buildkit/cache/remotecache"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/cmd/buildkitd/config"
	"github.com/moby/buildkit/control"
	"github.com/moby/buildkit/frontend"
	dockerfile "github.com/moby/buildkit/frontend/dockerfile/builder"
	"github.com/moby/buildkit/frontend/gateway"
	"github.com/moby/buildkit/frontend/gateway/forwarder"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/solver"
	"github.com/moby/buildkit/solver/bboltcachestorage"
	"github.com/moby/buildkit/util/db"
	"github.com/moby/buildkit/util/db/boltutil"
	"github.com/moby/buildkit/util/grpcerrors"
	_ "github.com/moby/buildkit/util/grpcutil/encoding/proto" // the codec that clients speak
	"github.com/moby/buildkit/util/resolver"
	"github.com/moby/buildkit/version"
	"github.com/moby/buildkit/worker"
	"github.com/moby/buildkit/worker/base"
	"github.com/sirupsen/logrus"
	bolt "go.etcd.io/bbolt"
	"google.golang.org/grpc"

	"github.com/layerwise/layerwise/analyzer/engine"
	"github.com/layerwise/layerwise/analyzer/engine/embedded/internal/probe"
)

// Bounds on the build history, which is read right after each build.
const (
	historyEntries = 20
	historyAge     = 24 * time.Hour
)

// Config is what a daemon needs to know. All fields are required.
type Config struct {
	Root        string // state folder, absolute; BuildKit breaks on relative ones
	KeepBytes   int64  // bound of the cache that garbage collection keeps
	Runtime     Runtime
	Snapshotter string // SnapshotterOverlay or SnapshotterNative
	Rootless    bool   // in a user namespace
}

// Daemon is a running BuildKit. There must be one per state folder, and a
// process must not open a folder twice: BuildKit does not close all of its
// databases.
type Daemon struct {
	config   Config
	worker   *base.Worker
	storage  *storage
	recorder *probe.Recorder
	// beginning is held while a build begins, and while none may.
	beginning sync.Mutex
	cache     solver.CacheManager
	keys      *bboltcachestorage.Store // of cache
	sessions  *session.Manager
	// importers read caches that a build imports, by type.
	importers map[string]remotecache.ResolveCacheImporterFunc
	control   *control.Controller
	server    *grpc.Server
	stop      context.CancelFunc

	deleted, pruned atomic.Bool // something was, see compact
}

// Open starts BuildKit on a state folder, which the caller has locked.
func Open(cfg Config) (*Daemon, error) {
	ctx, stop := context.WithCancel(context.Background())
	d := &Daemon{config: cfg, stop: stop}
	err := clearHalfMade(cfg)
	if err == nil {
		err = catchCrash(func() error { return d.open(ctx) })
	}
	if err == nil {
		err = markMade(cfg)
	}
	if err != nil {
		stop()
		return nil, err
	}
	reserve(cfg)
	return d, nil
}

func (d *Daemon) open(ctx context.Context) error {
	sessions, err := session.NewManager()
	if err != nil {
		return fmt.Errorf("start session manager: %w", err)
	}
	d.sessions = sessions
	hosts := resolver.NewRegistryConfig(nil)
	w, recorded, err := d.openWorker(ctx, hosts)
	if err != nil {
		return err
	}
	workers := &worker.Controller{}
	if err := workers.Add(recorded); err != nil {
		return fmt.Errorf("add worker: %w", err)
	}
	gatewayFrontend, err := gateway.NewGatewayFrontend(workers.Infos(), nil)
	if err != nil {
		return fmt.Errorf("start gateway frontend: %w", err)
	}
	keys, history, err := openDatabases(d.config.Root)
	if err != nil {
		return err
	}
	d.keys = keys
	d.importers = cacheImporters(sessions, w.ContentStore(), hosts)
	for kind, resolve := range d.importers {
		d.importers[kind] = d.recorder.Importer(resolve)
	}
	d.cache = solver.NewCacheManager(ctx, "local", keys, d.recorder.Results(worker.NewCacheResultStorage(workers)))
	entries := int64(historyEntries)
	d.control, err = control.NewController(control.Opt{
		SessionManager:   sessions,
		WorkerController: workers,
		Frontends: map[string]frontend.Frontend{
			"dockerfile.v0": forwarder.NewGatewayForwarder(workers.Infos(), dockerfile.Build),
			"gateway.v0":    gatewayFrontend,
		},
		ResolveCacheExporterFuncs: cacheExporters(sessions, hosts),
		ResolveCacheImporterFuncs: d.importers,
		CacheManager:              d.cache,
		Entitlements:              []string{string(allowed[0]), string(allowed[1])},
		HistoryDB:                 history,
		HistoryConfig:             &config.HistoryConfig{MaxAge: config.Duration{Duration: historyAge}, MaxEntries: &entries},
		CacheStore:                keys,
		LeaseManager:              w.LeaseManager(),
		ContentStore:              w.ContentStore(),
		GarbageCollect:            w.GarbageCollect,
		GracefulStop:              ctx.Done(),
	})
	if err != nil {
		return fmt.Errorf("start controller: %w", err)
	}
	d.server = d.newServer()
	return nil
}

func (d *Daemon) openWorker(ctx context.Context, hosts docker.RegistryHosts) (*base.Worker, worker.Worker, error) {
	storage, opt, err := openStorage(d.config)
	if err != nil {
		return nil, nil, err
	}
	d.storage = storage
	// A folder that a killed engine made, and did not note, would be in the way
	// of the next snapshot.
	if err := storage.clean(ctx); err != nil {
		logrus.Warn(err)
	}
	opt.RegistryHosts = hosts
	opt.GCPolicy = gcPolicy(d.config.KeepBytes)
	opt.BuildkitVersion = client.BuildkitVersion{Package: version.Package, Version: Version(), Revision: version.Revision}
	w, err := base.NewWorker(ctx, opt)
	if err != nil {
		return nil, nil, fmt.Errorf("start worker: %w", err)
	}
	d.worker = w
	// The native snapshotter copies whole parents, so the usage of its
	// snapshots says nothing about what a step made.
	usage := opt.Snapshotter.Usage
	if d.config.Snapshotter != SnapshotterOverlay {
		usage = nil
	}
	d.recorder = probe.NewRecorder(usage)
	recorded, err := d.recorder.Worker(w)
	return w, recorded, err
}

// openDatabases opens the solver's cache keys and the build history.
func openDatabases(root string) (*bboltcachestorage.Store, db.DB, error) {
	keys, err := bboltcachestorage.NewStore(filepath.Join(root, "cache.db"))
	if err != nil {
		return nil, nil, fmt.Errorf("open cache.db: %w", err)
	}
	history, err := boltutil.SafeOpen(filepath.Join(root, "history.db"), 0o600, &bolt.Options{
		FreelistType:   bolt.FreelistMapType,
		NoFreelistSync: true,
	})
	if err != nil {
		return nil, nil, fmt.Errorf("open history.db: %w", err)
	}
	return keys, history, nil
}

func (d *Daemon) newServer() *grpc.Server {
	server := grpc.NewServer(
		grpc.ChainUnaryInterceptor(grpcerrors.UnaryServerInterceptor, d.noteDelete, d.followSolve),
		grpc.ChainStreamInterceptor(grpcerrors.StreamServerInterceptor, d.notePrune, d.followStatus),
		grpc.MaxRecvMsgSize(defaults.DefaultMaxRecvMsgSize),
		grpc.MaxSendMsgSize(defaults.DefaultMaxSendMsgSize),
		// The databases must outlive the calls that use them.
		grpc.WaitForHandlers(true),
	)
	d.control.Register(server)
	return server
}

// Serve answers on the listener until Close.
func (d *Daemon) Serve(l net.Listener) error { return d.server.Serve(l) }

// Info names the daemon in reports.
func (d *Daemon) Info() engine.Info {
	return engine.Info{
		Kind:          engine.KindEmbedded,
		Version:       Version(),
		Isolation:     d.config.Runtime.Name,
		Network:       d.storage.network.mode,
		NetworkReason: d.storage.network.reason,
		Snapshotter:   d.config.Snapshotter,
		Rootless:      d.config.Rootless,
		CacheID:       d.worker.ID(),
	}
}

// Close cancels what runs, waits for it to end, collects garbage for a while,
// and closes all databases. The process must end soon after, since BuildKit's
// background work does not.
func (d *Daemon) Close() error {
	d.stop()
	d.server.Stop()
	d.collect()
	err := errors.Join(d.control.Close(), d.storage.Close())
	d.compact()
	return err
}
