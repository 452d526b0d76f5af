//go:build linux

package daemon

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/sirupsen/logrus"
)

// Bounds of the garbage collection of Close.
const (
	collectTimeout = 4 * time.Second
	releaseTimeout = time.Second // its part that waits for what was in use
	releasePoll    = 5 * time.Millisecond
)

// collect brings the cache below its bound, and removes what steps that failed
// left on the disk. BuildKit does so one second after its start and then once a
// minute, which most of our processes do not live to see. What takes too long,
// or fails, is taken up again by the next collection. Nothing may be building.
func (d *Daemon) collect() {
	ctx, cancel := context.WithTimeout(context.Background(), collectTimeout)
	defer cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		// The build is over: a database that cannot be read does not undo it.
		if err := catchCrash(func() error { return d.prune(ctx) }); err != nil {
			logrus.Warnf("collect garbage: %v", err)
		}
	}()
	select {
	case <-done:
	case <-ctx.Done():
		// It deletes files and does not look at its context while it does.
	}
}

func (d *Daemon) prune(ctx context.Context) error {
	// A snapshot that is still being measured is in use.
	d.recorder.Settle(ctx)
	if err := d.awaitRelease(ctx); err != nil {
		return fmt.Errorf("wait for the build's snapshots: %w", err)
	}
	pruned, err := d.pruneCache(ctx)
	if err != nil {
		return fmt.Errorf("prune cache: %w", err)
	}
	if pruned {
		if err := d.releaseKeys(ctx); err != nil {
			return fmt.Errorf("release cache keys: %w", err)
		}
	}
	return d.storage.clean(ctx)
}

// awaitRelease waits until nothing is in use: BuildKit lets go of a build's
// snapshots in the background, and of some that a failed step held only when
// its error is collected by the Go runtime.
func (d *Daemon) awaitRelease(ctx context.Context) error {
	for end := time.Now().Add(releaseTimeout); ; {
		records, err := d.worker.DiskUsage(ctx, client.DiskUsageInfo{})
		if err != nil {
			return err
		}
		inUse := func(r *client.UsageInfo) bool { return r.InUse }
		if !slices.ContainsFunc(records, inUse) || time.Now().After(end) {
			return nil
		}
		runtime.GC()
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(releasePoll):
		}
	}
}

// pruneCache reports whether it removed any record of the cache.
func (d *Daemon) pruneCache(ctx context.Context) (bool, error) {
	removed := make(chan client.UsageInfo)
	counted := make(chan int)
	go func() {
		n := 0
		for range removed {
			n++
		}
		counted <- n
	}()
	err := d.worker.Prune(ctx, removed, d.worker.GCPolicy()...)
	if err == nil {
		err = d.pruneForHidden(ctx, removed)
	}
	close(removed)
	return <-counted > 0, err
}

// pruneForHidden makes room for what the policy does not count. Some of the cache
// stays in any case: it is what the engine is for.
func (d *Daemon) pruneForHidden(ctx context.Context, removed chan client.UsageInfo) error {
	hidden, err := d.hidden(ctx)
	if err != nil {
		return fmt.Errorf("measure the state folder: %w", err)
	}
	if hidden < d.config.KeepBytes/100 { // not worth a second look at the cache
		return nil
	}
	keep := max(d.config.KeepBytes-hidden, d.config.KeepBytes/10)
	return d.worker.Prune(ctx, removed, gcPolicy(keep)...)
}

// releaseKeys forgets the cache keys whose results were removed.
func (d *Daemon) releaseKeys(ctx context.Context) error {
	releaser, ok := d.cache.(interface {
		ReleaseUnreferenced(context.Context) error
	})
	if !ok {
		return nil
	}
	return releaser.ReleaseUnreferenced(ctx)
}
