package remote

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	control "github.com/moby/buildkit/api/services/control"
	types "github.com/moby/buildkit/api/types"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/layerwise/layerwise/analyzer/engine"
)

// fakeBuildKit answers the two calls that Dial makes.
type fakeBuildKit struct {
	control.UnimplementedControlServer
	version string // "" for an engine that lacks the call
	workers []*types.WorkerRecord
	silent  bool // keeps every caller waiting
}

func (f *fakeBuildKit) Info(ctx context.Context, _ *control.InfoRequest) (*control.InfoResponse, error) {
	if f.silent {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if f.version == "" {
		return nil, status.Error(codes.Unimplemented, "unknown method Info")
	}
	return &control.InfoResponse{BuildkitVersion: &types.BuildkitVersion{Version: f.version}}, nil
}

func (f *fakeBuildKit) ListWorkers(context.Context, *control.ListWorkersRequest) (*control.ListWorkersResponse, error) {
	return &control.ListWorkersResponse{Record: f.workers}, nil
}

var ociWorker = &types.WorkerRecord{
	ID: "w1",
	Labels: map[string]string{
		"org.mobyproject.buildkit.worker.executor":    "oci",
		"org.mobyproject.buildkit.worker.snapshotter": "overlayfs",
	},
	BuildkitVersion: &types.BuildkitVersion{Version: "v0.10.0"},
}

// listen returns a Unix socket and its address.
func listen(t *testing.T) (net.Listener, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l, "unix://" + filepath.ToSlash(path)
}

// serve runs an engine until the test ends.
func serve(t *testing.T, l net.Listener, f *fakeBuildKit, opts ...grpc.ServerOption) {
	t.Helper()
	s := grpc.NewServer(opts...)
	if f != nil {
		control.RegisterControlServer(s, f)
	}
	go s.Serve(l)
	t.Cleanup(s.Stop)
}

func TestDial(t *testing.T) {
	for _, c := range []struct {
		name string
		fake fakeBuildKit
		want engine.Info
	}{
		{"runc worker", fakeBuildKit{version: "v0.34.2", workers: []*types.WorkerRecord{ociWorker, {ID: "w2"}}},
			engine.Info{Kind: engine.KindRemote, Version: "v0.34.2", Isolation: "runc", Snapshotter: "overlayfs", CacheID: "w1"}},
		{"containerd worker", fakeBuildKit{version: "v0.34.2", workers: []*types.WorkerRecord{{ID: "c", Labels: map[string]string{"org.mobyproject.buildkit.worker.executor": "containerd"}}}},
			engine.Info{Kind: engine.KindRemote, Version: "v0.34.2", CacheID: "c"}},
		{"before the version call", fakeBuildKit{workers: []*types.WorkerRecord{ociWorker}},
			engine.Info{Kind: engine.KindRemote, Version: "v0.10.0", Isolation: "runc", Snapshotter: "overlayfs", CacheID: "w1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, address := listen(t)
			serve(t, l, &c.fake)
			r, err := Dial(t.Context(), Options{Address: address})
			if err != nil {
				t.Fatal(err)
			}
			c.want.Address = address
			if d := cmp.Diff(c.want, r.Info()); d != "" {
				t.Error(d)
			}
			if facts, err := r.Facts(t.Context(), "build"); facts != nil || err != nil {
				t.Errorf("facts %v, %v", facts, err)
			}
			if _, err := r.Client().ListWorkers(t.Context()); err != nil {
				t.Errorf("the client does not outlive Dial: %v", err)
			}
			if err := r.Close(); err != nil {
				t.Error(err)
			}
			if _, err := r.Client().ListWorkers(t.Context()); err == nil {
				t.Error("the client outlives Close")
			}
		})
	}
}

// unreachable dials and wants an *engine.UnreachableError fit to be shown.
func unreachable(t *testing.T, ctx context.Context, opt Options) *engine.UnreachableError {
	t.Helper()
	r, err := Dial(ctx, opt)
	if err == nil {
		r.Close()
		t.Fatal("reached")
	}
	var e *engine.UnreachableError
	if !errors.As(err, &e) || e.Address != opt.Address {
		t.Fatalf("%T: %v", err, err)
	}
	if !strings.HasPrefix(err.Error(), "cannot reach BuildKit at "+opt.Address+": ") {
		t.Errorf("message %q", err)
	}
	for _, raw := range []string{"rpc error", "desc =", "transport:"} {
		if strings.Contains(err.Error(), raw) {
			t.Errorf("gRPC's words in %q", err)
		}
	}
	if strings.ContainsFunc(err.Error(), unicode.IsControl) {
		t.Errorf("control characters in %q", err)
	}
	return e
}

func TestNobodyListens(t *testing.T) {
	missing := "unix://" + filepath.ToSlash(filepath.Join(t.TempDir(), "s"))
	if e := unreachable(t, t.Context(), Options{Address: missing}); !errors.Is(e, fs.ErrNotExist) {
		t.Errorf("no socket: %v", e)
	}

	l, left := listen(t)
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	l.Close()
	if e := unreachable(t, t.Context(), Options{Address: left}); !errors.Is(e, syscall.ECONNREFUSED) {
		t.Errorf("socket that was left behind: %v", e)
	}

	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "tcp://" + tcp.Addr().String()
	tcp.Close()
	if e := unreachable(t, t.Context(), Options{Address: address}); !strings.Contains(e.Error(), "refused") {
		t.Errorf("closed port: %v", e)
	}
}

// hangUp says something to everybody who comes, and closes.
func hangUp(l net.Listener, says string) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		io.WriteString(conn, says)
		conn.Close()
	}
}

func TestNotBuildKit(t *testing.T) {
	t.Run("other gRPC server", func(t *testing.T) {
		l, address := listen(t)
		serve(t, l, nil)
		if e := unreachable(t, t.Context(), Options{Address: address}); !errors.Is(e, engine.ErrNotBuildKit) {
			t.Error(e)
		}
	})
	t.Run("web server", func(t *testing.T) {
		l, address := listen(t)
		s := http.Server{Handler: http.NotFoundHandler()}
		go s.Serve(l)
		defer s.Close()
		if e := unreachable(t, t.Context(), Options{Address: address}); !errors.Is(e, engine.ErrNotBuildKit) {
			t.Error(e)
		}
	})
	t.Run("web server that hangs up at once", func(t *testing.T) {
		l, address := listen(t)
		go hangUp(l, "HTTP/1.1 400 Bad Request\r\n\r\n")
		if e := unreachable(t, t.Context(), Options{Address: address}); !errors.Is(e, engine.ErrNotBuildKit) {
			t.Error(e)
		}
	})
	t.Run("hangs up", func(t *testing.T) {
		l, address := listen(t)
		go hangUp(l, "")
		unreachable(t, t.Context(), Options{Address: address})
	})
	t.Run("no worker", func(t *testing.T) {
		l, address := listen(t)
		serve(t, l, &fakeBuildKit{version: "v0.34.2"})
		if e := unreachable(t, t.Context(), Options{Address: address}); !errors.Is(e, engine.ErrNoWorker) {
			t.Error(e)
		}
	})
}

func TestSilence(t *testing.T) {
	// The first never speaks HTTP/2, the second never answers a call.
	_, mute := listen(t)
	l, deaf := listen(t)
	serve(t, l, &fakeBuildKit{silent: true})

	for _, address := range []string{mute, deaf} {
		opt := Options{Address: address, Timeout: 50 * time.Millisecond}
		if e := unreachable(t, t.Context(), opt); !errors.Is(e, context.DeadlineExceeded) || !strings.Contains(e.Error(), "no answer within 50ms") {
			t.Errorf("timeout: %v", e)
		}

		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(50*time.Millisecond, cancel)
		opt.Timeout = time.Hour
		if e := unreachable(t, ctx, opt); !errors.Is(e, context.Canceled) {
			t.Errorf("canceled: %v", e)
		}

		ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
		if e := unreachable(t, ctx, opt); !errors.Is(e, context.DeadlineExceeded) {
			t.Errorf("the caller's deadline: %v", e)
		}
		cancel()
	}
}

func TestAddresses(t *testing.T) {
	for _, address := range []string{
		"http://localhost:1234", "/run/buildkit/buildkitd.sock", "localhost:1234", "unix:/run/s", "unix://run/s", "unix://",
		"tcp://localhost", "tcp://\x7f", "docker-container://", "ssh://", "ssh://a:b@c", "kube-pod://", "fd://3", "://",
	} {
		r, err := Dial(t.Context(), Options{Address: address})
		var e *AddressError
		if !errors.As(err, &e) || e.Address != address {
			t.Errorf("%q: %v, %T %v", address, r, err, err)
		}
	}
}

// A scheme that BuildKit drops would be taken for no helper at all.
func TestHelpersAreRegistered(t *testing.T) {
	for _, scheme := range schemes {
		if scheme == "npipe" {
			continue // registered to say that it needs Windows
		}
		address := map[string]string{"unix": "unix:///s", "tcp": "tcp://h:1"}[scheme]
		if address == "" {
			address = scheme + "://name"
		}
		if _, err := dialerFor(address); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestHelperWithoutItsCommand(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	e := unreachable(t, t.Context(), Options{Address: "docker-container://buildkitd"})
	if !strings.Contains(e.Error(), "docker") {
		t.Errorf("the command is not named: %v", e)
	}
}
