//go:build unix

package buildcontext

import (
	"context"
	"errors"
	"io"
	"os"
	"testing"

	"github.com/moby/buildkit/cache/contenthash"
	bkidentity "github.com/moby/buildkit/identity"
	"github.com/tonistiigi/fsutil"
	fstypes "github.com/tonistiigi/fsutil/types"
	"golang.org/x/sync/errgroup"
)

// transfer sends a folder as BuildKit's client does and receives it as its
// engine does, and returns the engine's content hasher.
func transfer(t *testing.T, root string, opts Options) contenthash.CacheContext {
	t.Helper()
	source, err := fsutil.NewFS(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, opt := range []*fsutil.FilterOpt{
		{Map: func(_ string, s *fstypes.Stat) fsutil.MapResult { s.Uid, s.Gid = 0, 0; return fsutil.MapResultKeep }},
		{IncludePatterns: opts.Include, ExcludePatterns: opts.Exclude, FollowPaths: opts.FollowPaths},
	} {
		if source, err = fsutil.NewFilterFS(source, opt); err != nil {
			t.Fatal(err)
		}
	}
	contents, err := contenthash.GetCacheContext(t.Context(), &reference{id: bkidentity.NewID()})
	if err != nil {
		t.Fatal(err)
	}
	group, ctx := errgroup.WithContext(t.Context())
	ours, theirs := streams(ctx)
	group.Go(func() error {
		defer close(ours.out)
		return fsutil.Send(ctx, ours, source, nil)
	})
	group.Go(func() error {
		return fsutil.Receive(ctx, theirs, t.TempDir(), fsutil.ReceiveOpt{
			ContentHasher: contenthash.NewFromStat,
			NotifyHashed: func(kind fsutil.ChangeKind, path string, info os.FileInfo, err error) error {
				return contents.HandleChange(kind, path, info, err)
			},
			// What is written here belongs to the user who runs the test.
			Filter: func(_ string, s *fstypes.Stat) bool {
				s.Uid, s.Gid = uint32(os.Getuid()), uint32(os.Getgid())
				return true
			},
		})
	})
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	return contents
}

// stream is one end of a connection within the process.
type stream struct {
	ctx     context.Context
	out, in chan []byte
}

func streams(ctx context.Context) (a, b *stream) {
	one, other := make(chan []byte, 100), make(chan []byte, 100)
	return &stream{ctx, one, other}, &stream{ctx, other, one}
}

func (s *stream) Context() context.Context { return s.ctx }

func (s *stream) SendMsg(m any) error {
	data, err := m.(*fstypes.Packet).MarshalVT()
	if err != nil {
		return err
	}
	select {
	case s.out <- data:
		return nil
	case <-s.ctx.Done():
		return s.ctx.Err()
	}
}

func (s *stream) RecvMsg(m any) error {
	packet, ok := m.(*fstypes.Packet)
	if !ok {
		return errors.New("not a packet")
	}
	select {
	case data, open := <-s.in:
		if !open {
			return io.EOF
		}
		packet.ResetVT()
		return packet.UnmarshalVT(data)
	case <-s.ctx.Done():
		return s.ctx.Err()
	}
}
