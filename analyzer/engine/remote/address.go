package remote

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/moby/buildkit/client/connhelper"
	// Each of them registers the scheme of its name.
	_ "github.com/moby/buildkit/client/connhelper/dockercontainer"
	_ "github.com/moby/buildkit/client/connhelper/kubepod"
	_ "github.com/moby/buildkit/client/connhelper/nerdctlcontainer"
	_ "github.com/moby/buildkit/client/connhelper/npipe"
	_ "github.com/moby/buildkit/client/connhelper/podmancontainer"
	_ "github.com/moby/buildkit/client/connhelper/ssh"
)

var schemes = []string{
	"unix", "tcp", "npipe", "docker-container", "nerdctl-container", "podman-container", "kube-pod", "ssh",
}

// AddressError is an address that names no BuildKit.
type AddressError struct {
	Address string
	Reason  string
}

// Error is one line.
func (e *AddressError) Error() string {
	return fmt.Sprintf("BuildKit address %q: %s", e.Address, e.Reason)
}

// recordingDialer keeps the last error, of which gRPC passes on the text alone, and
// whether the other side speaks HTTP as web servers do.
type recordingDialer struct {
	connect func(ctx context.Context) (net.Conn, error)
	web     atomic.Bool
	mu      sync.Mutex
	err     error
}

func (d *recordingDialer) dial(ctx context.Context, _ string) (net.Conn, error) {
	conn, err := d.connect(ctx)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.err = err
	if err != nil {
		return nil, err
	}
	return &heardConn{Conn: conn, of: d}, nil
}

// isWeb says that a web server answered.
func (d *recordingDialer) isWeb() bool { return d != nil && d.web.Load() }

// heardConn listens to the first words of the other side. A web server says what it
// thinks of HTTP/2 and hangs up, mostly before all of it is written: what it said is
// then read here, since gRPC goes by the failed write.
type heardConn struct {
	net.Conn
	of    *recordingDialer
	heard atomic.Bool
}

func (c *heardConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 && c.heard.CompareAndSwap(false, true) {
		c.of.web.Store(bytes.HasPrefix(p[:n], []byte("HTTP/1.")))
	}
	return n, err
}

func (c *heardConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	if err != nil && !c.heard.Load() {
		const patience = time.Second
		_ = c.SetReadDeadline(time.Now().Add(patience))
		_, _ = c.Read(make([]byte, len("HTTP/1.")))
	}
	return n, err
}

// last returns the error of the last attempt, nil where it succeeded.
func (d *recordingDialer) last() error {
	if d == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.err
}

// dialerFor checks an address and returns what connects to it. It is nil for
// tcp, where gRPC does that itself and obeys the proxy settings.
func dialerFor(address string) (*recordingDialer, error) {
	u, err := url.Parse(address)
	if err != nil || !slices.Contains(schemes, u.Scheme) || !strings.Contains(address, "://") {
		return nil, &AddressError{Address: address, Reason: "it must begin with one of " + strings.Join(schemes, "://, ") + "://"}
	}
	switch {
	case u.Scheme == "unix" && (u.Host != "" || u.Path == ""):
		return nil, &AddressError{Address: address, Reason: "a socket is written unix:///path/of/the/socket"}
	case u.Scheme == "unix":
		return &recordingDialer{connect: func(ctx context.Context) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", u.Path)
		}}, nil
	case u.Scheme == "tcp" && u.Port() == "":
		return nil, &AddressError{Address: address, Reason: "it lacks the port, as in tcp://host:1234"}
	case u.Scheme == "tcp":
		return nil, nil
	}
	helper, err := connhelper.GetConnectionHelper(address)
	if err != nil {
		return nil, &AddressError{Address: address, Reason: err.Error()}
	}
	return &recordingDialer{connect: func(ctx context.Context) (net.Conn, error) {
		return helper.ContextDialer(ctx, address)
	}}, nil
}
