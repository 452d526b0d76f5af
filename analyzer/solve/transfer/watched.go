package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/layerwise/layerwise/analyzer/buildcontext"
	"github.com/moby/buildkit/session/filesync"
	"github.com/tonistiigi/fsutil"
	fstypes "github.com/tonistiigi/fsutil/types"
)

// watched is one transfer: the stream that BuildKit's provider writes to, and
// the folders that it reads.
type watched struct {
	filesync.FileSync_DiffCopyServer
	provider *Provider
	moved    atomic.Int64 // how often something moved
	over     chan struct{}

	once    sync.Once
	failed  chan struct{}
	failure error // once failed is closed

	sending sync.Mutex
	ended   bool // nothing may be sent any more; under sending
}

func newWatched(p *Provider, stream filesync.FileSync_DiffCopyServer) *watched {
	return &watched{FileSync_DiffCopyServer: stream, provider: p, failed: make(chan struct{}), over: make(chan struct{})}
}

// serve has BuildKit's provider do the transfer.
func (t *watched) serve() error {
	inner, ok := filesync.NewFSSyncProvider(t).(filesync.FileSyncServer)
	if !ok {
		return errors.New("BuildKit's file provider serves no files")
	}
	return inner.DiffCopy(t)
}

// Context does not end with the stream: the sender's workers would end with it
// while its reader still has work for them, and wait for them for ever. The reader
// ends when the stream does.
func (t *watched) Context() context.Context {
	return context.WithoutCancel(t.FileSync_DiffCopyServer.Context())
}

// LookupDir returns a source as this transfer reads it.
func (t *watched) LookupDir(name string) (fsutil.FS, bool) {
	source, ok := t.provider.sources[name]
	if !ok {
		return nil, false
	}
	return &watchedFS{FS: source, transfer: t}, true
}

// RecvMsg is called by one goroutine.
func (t *watched) RecvMsg(m any) error {
	err := t.FileSync_DiffCopyServer.RecvMsg(m)
	t.moved.Add(1)
	return err
}

// SendMsg drops what comes after a failure. It never fails itself: the sender
// would end without a word, and a broken stream ends its reader too.
func (t *watched) SendMsg(m any) error {
	t.sending.Lock()
	defer t.sending.Unlock()
	if t.hasFailed() || t.ended {
		return nil
	}
	_ = t.FileSync_DiffCopyServer.SendMsg(m)
	t.moved.Add(1)
	return nil
}

func (t *watched) hasFailed() bool {
	select {
	case <-t.failed:
		return true
	default:
		return false
	}
}

// fail ends the transfer with an error, the first one, and tells the engine.
func (t *watched) fail(err error) {
	t.once.Do(func() {
		t.failure = err
		t.provider.note(err)
		close(t.failed)
		go t.tell(err) // it may wait for an engine that takes nothing
	})
}

func (t *watched) tell(err error) {
	t.sending.Lock()
	defer t.sending.Unlock()
	if !t.ended {
		_ = t.FileSync_DiffCopyServer.SendMsg(&fstypes.Packet{Type: fstypes.PACKET_ERR, Data: []byte(err.Error())})
	}
}

// end says that nothing may be sent any more.
func (t *watched) end() {
	close(t.over)
	if t.sending.TryLock() { // else somebody is sending, and ends with the stream
		t.ended = true
		t.sending.Unlock()
	}
}

// result is what the engine is told when the stream ends.
func (t *watched) result(err error) error {
	if t.hasFailed() {
		return t.failure
	}
	return err
}

// watch ends a transfer in which nothing moves. It counts ticks, lest a process
// that was stopped for a while finds that its time is over.
func (t *watched) watch(limit time.Duration) {
	tick := limit / 60
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	last, idle := t.moved.Load(), time.Duration(0)
	for {
		select {
		case <-t.over:
			return
		case <-t.failed:
			return
		case <-ticker.C:
		}
		now := t.moved.Load()
		if now != last {
			last, idle = now, 0
			continue
		}
		if idle += tick; idle >= limit {
			t.fail(stalled(limit))
			return
		}
	}
}

// watchedFS is a source as one transfer reads it.
type watchedFS struct {
	fsutil.FS
	transfer *watched
}

// Walk never returns a failure of the source: the sender would end.
func (f *watchedFS) Walk(ctx context.Context, target string, fn fs.WalkDirFunc) error {
	var theirs error // of fn
	err := f.FS.Walk(ctx, target, func(path string, entry fs.DirEntry, err error) error {
		f.transfer.moved.Add(1)
		theirs = fn(path, entry, err)
		return theirs
	})
	var changed *buildcontext.ChangedError
	switch {
	case err == nil || ctx.Err() != nil:
		return err
	case theirs != nil && !errors.As(err, &changed) && !isPathError(err):
		return err
	}
	f.transfer.fail(err)
	return nil
}

func isPathError(err error) bool {
	var path *fs.PathError
	return errors.As(err, &path)
}

// Open returns a file that ends early where it cannot be read: the sender would
// end. One that this user may not read is an empty one, as in BuildKit.
func (f *watchedFS) Open(name string) (io.ReadCloser, error) {
	f.transfer.moved.Add(1)
	file, err := f.FS.Open(name)
	if err != nil {
		var changed *buildcontext.ChangedError
		switch {
		case errors.Is(err, fs.ErrNotExist): // it was told of, or it would not be asked for
			f.transfer.fail(&buildcontext.ChangedError{Path: filepath.ToSlash(name), Was: "a file"})
		case errors.As(err, &changed):
			f.transfer.fail(err)
		}
		return nil, err
	}
	return &watchedFile{file, filepath.ToSlash(name), f.transfer}, nil
}

type watchedFile struct {
	io.ReadCloser
	name     string
	transfer *watched
}

func (f *watchedFile) Read(p []byte) (int, error) {
	n, err := f.ReadCloser.Read(p)
	f.transfer.moved.Add(1)
	if err != nil && err != io.EOF {
		f.transfer.fail(fmt.Errorf("read %s: %w", f.name, err))
		err = io.EOF
	}
	return n, err
}
