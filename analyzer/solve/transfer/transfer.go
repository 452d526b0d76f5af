// Package transfer hands the local files of a build to an engine.
//
// # Design
//
// BuildKit's own provider does the work (session/filesync, fsutil). It takes the
// folders for a snapshot, and where one changes meanwhile it breaks: a file that
// cannot be opened is sent as an empty one; one that cannot be read ends the
// sender, which tells nobody, so that the engine waits for ever, or hears
// "context canceled". Each transfer is therefore watched from both sides. The file
// system that the provider reads remembers the first failure, and the stream that
// it writes then sends that failure, which names the file, in place of all else.
// And a transfer in which nothing moves for a long time is ended.
package transfer

import (
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/filesync"
	"github.com/tonistiigi/fsutil"
	fstypes "github.com/tonistiigi/fsutil/types"
	"google.golang.org/grpc"
)

// Provider serves local sources in a session, in place of client.SolveOpt's
// LocalMounts. It serves one solve.
type Provider struct {
	sources map[string]fsutil.FS
	stall   time.Duration

	mu  sync.Mutex
	err error
}

var _ session.Attachable = (*Provider)(nil)

// stallTimeout is how long nothing may move in a transfer: far longer than a slow
// disk keeps an engine from taking the next packet.
const stallTimeout = 2 * time.Minute

// New returns a provider of these sources by name. Owners are left out, as
// BuildKit's client leaves them out.
func New(sources map[string]fsutil.FS) (*Provider, error) {
	p := &Provider{sources: map[string]fsutil.FS{}, stall: stallTimeout}
	for name, source := range sources {
		filtered, err := fsutil.NewFilterFS(source, &fsutil.FilterOpt{Map: func(_ string, s *fstypes.Stat) fsutil.MapResult {
			s.Uid, s.Gid = 0, 0
			return fsutil.MapResultKeep
		}})
		if err != nil {
			return nil, err
		}
		p.sources[name] = filtered
	}
	return p, nil
}

// Err is the first failure of a transfer, nil where there was none.
func (p *Provider) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

func (p *Provider) note(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err == nil {
		p.err = err
	}
}

// StalledError is a transfer in which nothing moved.
type StalledError struct {
	After time.Duration
	// Goroutines is what this program was doing, for those who look for the cause.
	Goroutines string
}

func (e *StalledError) Error() string {
	return fmt.Sprintf("nothing moved for %v while files were sent to the engine", e.After)
}

// maxDump bounds Goroutines in bytes.
const maxDump = 1 << 20

func stalled(after time.Duration) *StalledError {
	dump := make([]byte, maxDump)
	return &StalledError{After: after, Goroutines: string(dump[:runtime.Stack(dump, true)])}
}

// Register is for the session.
func (p *Provider) Register(server *grpc.Server) { filesync.RegisterFileSyncServer(server, p) }

// TarStream is part of the service; no engine asks for it.
func (p *Provider) TarStream(stream filesync.FileSync_TarStreamServer) error {
	return filesync.UnimplementedFileSyncServer{}.TarStream(stream)
}

// settle is how long the parts of a transfer may take to end once it is over.
const settle = 5 * time.Second

// DiffCopy is one transfer.
func (p *Provider) DiffCopy(stream filesync.FileSync_DiffCopyServer) error {
	t := newWatched(p, stream)
	defer t.end()
	ended := make(chan error, 1)
	go func() { ended <- t.serve() }()
	go t.watch(p.stall)
	select {
	case err := <-ended:
		return t.result(err)
	case <-t.failed:
	case <-stream.Context().Done():
	}
	// The engine hears of it and ends the stream, which ends the rest.
	select {
	case err := <-ended:
		return t.result(err)
	case <-time.After(settle):
		return t.result(stream.Context().Err())
	}
}
