package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/layerwise/layerwise/analyzer/buildcontext"
	"github.com/tonistiigi/fsutil"
	fstypes "github.com/tonistiigi/fsutil/types"
	"google.golang.org/grpc/metadata"
)

// link is one end of a stream between a sender and a receiver in this process.
type link struct {
	ctx     context.Context
	in, out chan *fstypes.Packet
	ended   chan struct{} // the sender's handler has returned
}

func (l *link) Context() context.Context { return l.ctx }

func (l *link) SendMsg(m any) error {
	packet := m.(*fstypes.Packet)
	copied := packet.CloneVT()
	select {
	case l.out <- copied:
		return nil
	case <-l.ended:
		return io.ErrClosedPipe
	case <-l.ctx.Done():
		return l.ctx.Err()
	}
}

func (l *link) RecvMsg(m any) error {
	select {
	case packet := <-l.in:
		*m.(*fstypes.Packet) = fstypes.Packet{Type: packet.Type, Stat: packet.Stat, ID: packet.ID, Data: packet.Data}
		return nil
	case <-l.ended:
		return io.EOF
	case <-l.ctx.Done():
		return l.ctx.Err()
	}
}

func (l *link) Send(p *fstypes.Packet) error { return l.SendMsg(p) }
func (l *link) Recv() (*fstypes.Packet, error) {
	p := &fstypes.Packet{}
	return p, l.RecvMsg(p)
}
func (l *link) SetHeader(metadata.MD) error  { return nil }
func (l *link) SendHeader(metadata.MD) error { return nil }
func (l *link) SetTrailer(metadata.MD)       {}

// run sends a source to fsutil's receiver, as an engine has it, and returns what
// each side ended with. Neither may hang.
func run(t *testing.T, p *Provider, receive func(ctx context.Context, stream fsutil.Stream) error) (sent, received error) {
	t.Helper()
	ctx, cancel := context.WithCancel(metadata.NewIncomingContext(t.Context(), metadata.Pairs("dir-name", "context")))
	defer cancel()
	there, back := make(chan *fstypes.Packet), make(chan *fstypes.Packet)
	ended := make(chan struct{})
	ours, theirs := &link{ctx, back, there, ended}, &link{ctx, there, back, ended}
	sender, receiver := make(chan error, 1), make(chan error, 1)
	go func() { sender <- p.DiffCopy(ours); close(ended) }()
	go func() {
		err := receive(ctx, theirs)
		cancel() // as the engine's client ends its stream
		receiver <- err
	}()
	timeout := time.After(30 * time.Second)
	for range 2 {
		select {
		case sent = <-sender:
		case received = <-receiver:
		case <-timeout:
			t.Fatal("the transfer hangs")
		}
	}
	return sent, received
}

func receiveInto(folder string) func(context.Context, fsutil.Stream) error {
	return func(ctx context.Context, stream fsutil.Stream) error {
		return fsutil.Receive(ctx, stream, folder, fsutil.ReceiveOpt{Filter: func(_ string, s *fstypes.Stat) bool {
			s.Uid, s.Gid = uint32(os.Getuid()), uint32(os.Getgid())
			return true
		}})
	}
}

// source is a folder with as many files as no buffer of a transfer holds, of which
// some do not open, or not read, as they should.
type source struct {
	fsutil.FS
	open func(name string) (io.ReadCloser, error) // nil where it opens as it is
	walk error                                    // after everything
}

func (s *source) Open(name string) (io.ReadCloser, error) {
	if s.open != nil {
		if f, err := s.open(name); f != nil || err != nil {
			return f, err
		}
	}
	return s.FS.Open(name)
}

func (s *source) Walk(ctx context.Context, target string, fn fs.WalkDirFunc) error {
	if err := s.FS.Walk(ctx, target, fn); err != nil {
		return err
	}
	return s.walk
}

func newSource(t *testing.T) *source {
	t.Helper()
	root := t.TempDir()
	for i := range 600 {
		if err := os.WriteFile(filepath.Join(root, fmt.Sprint(i)), []byte(strings.Repeat("x", 10*i)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	folder, err := buildcontext.OpenFolder(root)
	if err != nil {
		t.Fatal(err)
	}
	return &source{FS: folder}
}

// broken is a file of which a part can be read.
type broken struct{ io.Reader }

func (b broken) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err == io.EOF {
		err = errors.New("input/output error")
	}
	return n, err
}
func (broken) Close() error { return nil }

// TestFailures ends a transfer on both sides, with an error that names the file,
// whatever goes wrong and wherever.
func TestFailures(t *testing.T) {
	changed := func(name string) error {
		return &buildcontext.ChangedError{Path: name, Was: "a file", Is: "a folder"}
	}
	failing := func(names ...string) func(string) (io.ReadCloser, error) {
		return func(name string) (io.ReadCloser, error) {
			for _, n := range names {
				if n == "*" || n == name {
					return nil, changed(name)
				}
			}
			return nil, nil
		}
	}
	for _, tt := range []struct {
		name string
		open func(string) (io.ReadCloser, error)
		walk error
		want string
	}{
		{name: "nothing"},
		{name: "the first file", open: failing("0"), want: "0 changed while it was read"},
		{name: "the last file", open: failing("599"), want: "599 changed while it was read"},
		{name: "several", open: failing("5", "300", "599"), want: " changed while it was read: it was a file and is now a folder"},
		{name: "a file that is gone", want: "77 changed while it was read: it was a file and is gone", open: func(name string) (io.ReadCloser, error) {
			if name != "77" {
				return nil, nil
			}
			return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
		}},
		{name: "every file", open: failing("*"), want: " changed while it was read"},
		{name: "a file that cannot be read to its end", want: "read 77: input/output error", open: func(name string) (io.ReadCloser, error) {
			if name != "77" {
				return nil, nil
			}
			return broken{strings.NewReader("half")}, nil
		}},
		{name: "a folder on the walk", walk: &buildcontext.ChangedError{Path: "d", Was: "a folder"}, want: "d changed while it was read: it was a folder and is gone"},
		{name: "the walk", walk: &fs.PathError{Op: "open", Path: "/c/locked", Err: fs.ErrPermission}, want: "open /c/locked: permission denied"},
		{name: "a file that this user may not read", open: func(name string) (io.ReadCloser, error) {
			if name != "77" {
				return nil, nil
			}
			return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSource(t)
			s.open, s.walk = tt.open, tt.walk
			p, err := New(map[string]fsutil.FS{"context": s})
			if err != nil {
				t.Fatal(err)
			}
			into := t.TempDir()
			_, received := run(t, p, receiveInto(into))
			if tt.want == "" {
				names, _ := os.ReadDir(into)
				if received != nil || p.Err() != nil || len(names) != 600 {
					t.Errorf("%v, %v, %d files", received, p.Err(), len(names))
				}
				return
			}
			if p.Err() == nil || !strings.Contains(p.Err().Error(), tt.want) {
				t.Errorf("the failure is %v, want %s", p.Err(), tt.want)
			}
			if received == nil || !strings.Contains(received.Error(), tt.want) {
				t.Errorf("the engine heard %v, want %s", received, tt.want)
			}
		})
	}
}

// TestStall ends a transfer whose other side takes nothing, or asks for nothing.
func TestStall(t *testing.T) {
	for name, receive := range map[string]func(context.Context, fsutil.Stream) error{
		"takes nothing": func(ctx context.Context, _ fsutil.Stream) error {
			<-ctx.Done()
			return ctx.Err()
		},
		"asks for nothing": func(_ context.Context, stream fsutil.Stream) error {
			for {
				var p fstypes.Packet
				if err := stream.RecvMsg(&p); err != nil {
					return err
				}
				if p.Type == fstypes.PACKET_ERR {
					return errors.New(string(p.Data))
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := New(map[string]fsutil.FS{"context": newSource(t)})
			if err != nil {
				t.Fatal(err)
			}
			p.stall = 300 * time.Millisecond
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			sent, _ := run(t, p, func(stream context.Context, s fsutil.Stream) error {
				ended := make(chan error, 1)
				go func() { ended <- receive(ctx, s) }()
				select {
				case err := <-ended:
					return err
				case <-time.After(settle + time.Second):
					cancel()
					return <-ended
				}
			})
			var stalled *StalledError
			if !errors.As(sent, &stalled) || !errors.As(p.Err(), &stalled) || !strings.Contains(stalled.Goroutines, "goroutine ") {
				t.Errorf("got %v, %v", sent, p.Err())
			}
		})
	}
}
