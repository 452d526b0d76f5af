package embedded

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/opencontainers/go-digest"
	"google.golang.org/grpc"

	"github.com/layerwise/layerwise/analyzer/engine"
	"github.com/layerwise/layerwise/analyzer/engine/embedded/internal/sandbox"
	"github.com/layerwise/layerwise/analyzer/engine/embedded/internal/wire"
)

// Engine is a running BuildKit of our own.
type Engine struct {
	place  place
	child  *child
	lock   *os.File
	client *client.Client
	info   engine.Info

	closing  chan struct{}
	close    sync.Once
	closeErr error
}

// Start starts an engine, once no other process holds the state folder. It ends
// with Close, or with the calling process. ctx bounds the start alone.
func Start(ctx context.Context, o Options) (*Engine, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	root, err := prepareRoot(o.Root)
	if err != nil {
		return nil, err
	}
	var since time.Time // when waiting began, zero for not at all
	lock, err := acquire(ctx, root, o.waiter(&since))
	if err != nil {
		return nil, err
	}
	if !since.IsZero() && o.OnWaited != nil {
		o.OnWaited(time.Since(since))
	}
	e, err := startLocked(ctx, root, lock, o)
	if err != nil {
		lock.Close()
		return nil, err
	}
	return e, nil
}

// startLocked starts an engine with the ids that the caller can have, or, where
// that would have the built-in runtime run steps as the machine's root, apart from
// it.
func startLocked(ctx context.Context, root string, lock *os.File, o Options) (*Engine, error) {
	if err := checkMarker(root); err != nil {
		return nil, err
	}
	var noRunc *noRuncError
	if mayBeRoot(o) {
		e, err := startAt(ctx, callersPlace(root), lock, o, "")
		if !errors.As(err, &noRunc) {
			return e, err
		}
	}
	here, notice, err := apartPlace(root)
	if err != nil {
		return nil, err
	}
	if notice != "" {
		o.OnWait(notice)
	}
	because := ""
	if noRunc != nil {
		because = noRunc.because
	}
	o.Runtime = RuntimeBuiltin
	e, err := startAt(ctx, here, lock, o, because)
	var refused *sandbox.RefusedError
	if errors.As(err, &refused) {
		err = &ApartError{NoRunc: because, Err: err}
	}
	return e, err
}

// startAt starts an engine in one place. because is why runc is not used, for the
// engine's log.
func startAt(ctx context.Context, here place, lock *os.File, o Options, because string) (*Engine, error) {
	c, err := spawn(here, lock)
	if err != nil {
		return nil, err
	}
	e, err := connect(ctx, c, here, o, because)
	if err != nil {
		c.abandon()
		return nil, err
	}
	e.lock = lock
	return e, nil
}

// noRuncError says that runc does not work, and that nothing else may run steps
// in this place.
type noRuncError struct{ because string }

func (e *noRuncError) Error() string { return e.because }

// complete fills in what was left open, and refuses unknown choices.
func (o *Options) complete() error {
	if o.KeepBytes == 0 {
		o.KeepBytes = DefaultKeepBytes
	}
	if o.KeepBytes < 0 {
		return fmt.Errorf("bound of the cache: %d bytes is negative", o.KeepBytes)
	}
	if o.OnWait == nil {
		o.OnWait = func(string) {}
	}
	switch o.Runtime {
	case "":
		o.Runtime = Auto
	case Auto, RuntimeRunc, RuntimeBuiltin:
	default:
		return fmt.Errorf("unknown runtime %q: want %s, %s or %s", o.Runtime, Auto, RuntimeRunc, RuntimeBuiltin)
	}
	switch o.Snapshotter {
	case "":
		o.Snapshotter = Auto
	case Auto, SnapshotOverlay, SnapshotNative:
	default:
		return fmt.Errorf("unknown snapshotter %q: want %s, %s or %s", o.Snapshotter, Auto, SnapshotOverlay, SnapshotNative)
	}
	return nil
}

// waiter returns nil where Start is not to wait. It writes down when it is called.
func (o *Options) waiter(since *time.Time) func(*InUseError) {
	if o.NoWait {
		return nil
	}
	return func(inUse *InUseError) {
		*since = time.Now()
		o.OnWait(inUse.Error() + ": waiting for it to end")
	}
}

// connect has the child start BuildKit, and makes a client of it.
func connect(ctx context.Context, c *child, here place, o Options, because string) (*Engine, error) {
	if here.apart == nil {
		if err := noteIDs(here.root, c.process.IDs); err != nil {
			return nil, err
		}
	}
	var reply wire.StartReply
	err := c.call(ctx, "Start", wire.StartRequest{
		Root:        here.state,
		KeepBytes:   o.KeepBytes,
		Runtime:     o.Runtime,
		Snapshotter: o.Snapshotter,
		Rootless:    c.process.IDs != sandbox.IDsHost,
		HostRoot:    here.apart == nil && sandbox.IsHostRoot(),
		Insecure:    o.Insecure,
		Because:     because,
	}, &reply)
	if err != nil {
		return nil, fmt.Errorf("start the embedded engine: %w", err)
	}
	for _, notice := range reply.Notices {
		o.OnWait(notice)
	}
	switch {
	case reply.NoRunc:
		return nil, &noRuncError{reply.Error}
	case reply.Refused && here.apart != nil:
		return nil, &ApartError{NoRunc: because, Err: errors.New(reply.Error)}
	case reply.Damaged:
		return nil, &DamagedError{Root: here.root, Err: errors.New(reply.Error)}
	case reply.Error != "":
		return nil, fmt.Errorf("start the embedded engine: %s", reply.Error)
	}
	e := &Engine{place: here, child: c, info: reply.Info, closing: make(chan struct{})}
	e.info.Folder = here.state
	conns := make(chan net.Conn, 1)
	conns <- c.builder
	e.client, err = client.New(ctx, "passthrough:///embedded",
		client.WithContextDialer(func(context.Context, string) (net.Conn, error) {
			select {
			case conn := <-conns:
				return conn, nil
			default:
				return nil, errors.New("the embedded engine has stopped")
			}
		}),
		// An idle connection would be closed, and there is only one.
		client.WithGRPCDialOption(grpc.WithIdleTimeout(0)),
		client.WithGRPCDialOption(grpc.WithChainUnaryInterceptor(e.explainUnary)),
		client.WithGRPCDialOption(grpc.WithChainStreamInterceptor(e.explainStream)),
	)
	if err != nil {
		return nil, fmt.Errorf("connect to the embedded engine: %w", err)
	}
	return e, nil
}

// Client is one connection, shared by all callers and valid until Close.
func (e *Engine) Client() *client.Client { return e.client }

// Info names the engine in reports.
func (e *Engine) Info() engine.Info { return e.info }

// Facts takes what the operations of a build did; see engine.Engine.
func (e *Engine) Facts(ctx context.Context, ref string) (map[digest.Digest]engine.Fact, error) {
	facts := map[digest.Digest]engine.Fact{}
	if err := e.child.call(ctx, "Facts", ref, &facts); err != nil {
		return nil, fmt.Errorf("take the engine's facts: %w", err)
	}
	return facts, nil
}

// Close cancels what runs, and returns when the engine's processes and mounts
// are gone. Further calls return the same.
func (e *Engine) Close() error {
	e.close.Do(func() {
		close(e.closing)
		// The connection is ours to close; the client has no other error.
		_ = e.client.Close()
		if err := e.child.stop(); err != nil {
			e.closeErr = fmt.Errorf("close the embedded engine: %w", err)
		}
		e.lock.Close()
	})
	return e.closeErr
}
