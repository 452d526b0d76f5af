//go:build linux

package stepnet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/moby/buildkit/util/network"
	"github.com/opencontainers/runtime-spec/specs-go"
)

func startProvider(t *testing.T) *Provider {
	t.Helper()
	p := Start()
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := p.Err(); err != nil {
		t.Fatal(err)
	}
	return p
}

func newOf(t *testing.T, p *Provider) *namespace {
	t.Helper()
	ns, err := p.New(t.Context(), "", network.NamespaceOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return ns.(*namespace)
}

func TestSet(t *testing.T) {
	ns := newStep(t)
	hosts := specs.Mount{Destination: "/etc/hosts", Source: "/hosts"}
	mounts := specs.LinuxNamespace{Type: specs.MountNamespace}
	spec := &specs.Spec{
		Mounts: []specs.Mount{hosts, {Destination: "/etc/resolv.conf", Source: "/machine", Type: "bind"}},
		Linux:  &specs.Linux{Namespaces: []specs.LinuxNamespace{{Type: specs.NetworkNamespace, Path: "/other"}, mounts}},
	}
	if err := ns.Set(spec); err != nil {
		t.Fatal(err)
	}
	if got := spec.Mounts; got[0].Source != hosts.Source || got[1].Source != ns.resolvConf || got[1].Type != "bind" {
		t.Errorf("mounts: %+v", got)
	}
	got := spec.Linux.Namespaces
	if len(got) != 2 || got[0] != mounts || got[1].Type != specs.NetworkNamespace {
		t.Fatalf("namespaces: %+v", got)
	}
	if file, err := os.Readlink(got[1].Path); err != nil || !strings.HasPrefix(file, "net:[") {
		t.Errorf("network namespace: %q, %v", file, err)
	}
}

func TestParallelSteps(t *testing.T) {
	p := startProvider(t)
	at := listen(t, "tcp", machine4+":0", answer)
	var steps sync.WaitGroup
	for i := range 20 {
		steps.Go(func() {
			ns, err := p.New(t.Context(), "", network.NamespaceOptions{})
			if err != nil {
				t.Error(err)
				return
			}
			text := fmt.Sprint("step", i)
			if said, err := run(t, ns.(*namespace), "tcp", at, text); said != text || err != nil {
				t.Errorf("%s: %q, %v", text, said, err)
			}
			if err := ns.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	steps.Wait()
}

// One step, or many, take no more than their share of this process's sockets.
func TestLimits(t *testing.T) {
	most := limits{connections: make(tokens, 1), flows: make(tokens, 1)}
	ns := newStepWithin(t, most)
	other := newStepWithin(t, most)
	end := make(chan struct{})
	held := listen(t, "tcp", machine4+":0", func(conn net.Conn) {
		_, _ = io.Copy(io.Discard, conn)
		<-end
	})
	at := listen(t, "tcp", machine4+":0", answer)
	done := make(chan error, 1)
	go func() {
		_, err := run(t, ns, "tcp", held, "x")
		done <- err
	}()
	eventually(t, "a connection stands", func() bool { return len(most.connections) == 1 })
	for _, step := range []*namespace{ns, other} {
		if said, err := run(t, step, "tcp", at, "x"); err == nil || !strings.Contains(err.Error(), "connection refused") {
			t.Errorf("one too many: %q, %v", said, err)
		}
	}
	close(end)
	if err := <-done; err != nil {
		t.Error(err)
	}
	eventually(t, "the connection is over", func() bool { return len(most.connections) == 0 })
	if said, err := run(t, other, "tcp", at, "x"); said != "x" || err != nil {
		t.Errorf("once there is room: %q, %v", said, err)
	}
	echo := listenUDP(t, machine4)
	if said, err := run(t, ns, "udp", echo, "x"); said != "x" || err != nil {
		t.Errorf("a flow: %q, %v", said, err)
	}
	if said, err := run(t, other, "udp", echo, "x", "2s"); err == nil {
		t.Errorf("one flow too many: %q", said)
	}
}

// descriptors returns what this process has open.
func descriptors(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	var open []string
	for _, e := range entries {
		// The runtime keeps its own: epoll and an event.
		if to, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && !strings.HasPrefix(to, "anon_inode:") && !strings.HasPrefix(to, "/proc/") {
			open = append(open, to)
		}
	}
	slices.Sort(open)
	return open
}

// Of steps that were closed, and of those that the provider takes the network
// from, nothing is left.
func TestCloseLeavesNothing(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	goroutines, before := runtime.NumGoroutine(), descriptors(t)
	p := Start()
	if err := p.Err(); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", machine4+":0")
	if err != nil {
		t.Fatal(err)
	}
	var steps []*namespace
	var probes sync.WaitGroup
	for i := range 4 {
		ns := newOf(t, p)
		steps = append(steps, ns)
		netns := ns.link.netns.Fd()
		probes.Go(func() { _, _ = runIn(t, netns, "tcp", l.Addr().String(), "x", "3s") })
		conn, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if i%2 == 0 {
			start := time.Now()
			if err := ns.Close(); err != nil {
				t.Error(err)
			}
			t.Logf("close took %v", time.Since(start))
			_ = conn.SetReadDeadline(time.Now().Add(probeTimeout))
			if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error("the step's connection still stands")
			}
		}
		conn.Close()
	}
	if left, err := filepath.Glob(filepath.Join(folder, "*")); len(left) != 2 || err != nil {
		t.Errorf("files of two steps: %q, %v", left, err)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	l.Close()
	probes.Wait()
	if left, err := os.ReadDir(folder); len(left) != 0 || err != nil {
		t.Errorf("files left: %v, %v", left, err)
	}
	for _, ns := range steps {
		if err := ns.Close(); err != nil {
			t.Errorf("second close: %v", err)
		}
	}
	if err := p.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
	if ns, err := p.New(t.Context(), "", network.NamespaceOptions{}); !errors.Is(err, errClosed) {
		t.Errorf("a step of a closed provider: %v, %v", ns, err)
	}
	eventually(t, "all goroutines end", func() bool { return runtime.NumGoroutine() <= goroutines })
	if after := descriptors(t); !slices.Equal(before, after) {
		t.Errorf("descriptors\n%q before,\n%q after", before, after)
	}
}

// A step that ends while a connection of it is being made leaves none.
func TestCloseWhileConnecting(t *testing.T) {
	most := newLimits()
	ns := newStepWithin(t, most)
	done := make(chan struct{})
	netns := ns.link.netns.Fd()
	go func() {
		defer close(done)
		_, _ = runIn(t, netns, "tcp", silent4+":80", "x", "2s")
	}()
	eventually(t, "a connection is being made", func() bool { return len(most.connections) == 1 })
	if err := ns.Close(); err != nil {
		t.Error(err)
	}
	eventually(t, "it is given up", func() bool { return len(most.connections) == 0 })
	<-done
}

func TestCancelled(t *testing.T) {
	p := startProvider(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("enough")
	cancel(cause)
	if _, err := p.New(ctx, "", network.NamespaceOptions{}); !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
}

func TestCloseAtOnce(t *testing.T) {
	before := descriptors(t)
	if err := Start().Close(); err != nil {
		t.Error(err)
	}
	if after := descriptors(t); !slices.Equal(before, after) {
		t.Errorf("descriptors\n%q before,\n%q after", before, after)
	}
}
