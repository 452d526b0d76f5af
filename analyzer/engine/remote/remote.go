// Package remote reaches a BuildKit that somebody else runs, by its address.
package remote

import (
	"cmp"
	"context"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/util/appdefaults"
	"github.com/opencontainers/go-digest"

	"github.com/layerwise/layerwise/analyzer/engine"
)

// DefaultTimeout is how long Dial waits for an engine to answer, as buildctl
// does.
const DefaultTimeout = 5 * time.Second

// Options say where a BuildKit is and how to trust it. The TLS fields
// mean what buildctl's flags of that name mean: paths of PEM files. TLS is used
// where CACert, Cert or Key is set, be it by CertDir.
type Options struct {
	// Address is unix://, tcp://, npipe:// (on Windows), docker-container://,
	// nerdctl-container://, podman-container://, kube-pod:// or ssh://; "" is
	// BuildKit's default for the system.
	Address string

	ServerName string // --tlsservername; "" is the host of Address
	CACert     string // --tlscacert
	Cert       string // --tlscert
	Key        string // --tlskey
	// CertDir is --tlsdir: a folder with ca.pem, cert.pem and key.pem, or ca.crt,
	// tls.crt and tls.key. It excludes CACert, Cert and Key.
	CertDir string

	Timeout time.Duration // until the engine has answered; 0 is DefaultTimeout
}

// Engine is a BuildKit that somebody else runs.
type Engine struct {
	client *client.Client
	info   engine.Info
}

var _ engine.Engine = (*Engine)(nil)

// Dial connects to a BuildKit and asks who it is. It returns an *AddressError
// for an address that cannot be one, an *engine.UnreachableError where nothing, or
// nothing of use, answers, and other errors for TLS settings that do not fit.
// It ends when ctx does.
func Dial(ctx context.Context, opt Options) (*Engine, error) {
	opt.Address = cmp.Or(opt.Address, appdefaults.Address)
	opt.Timeout = cmp.Or(opt.Timeout, DefaultTimeout)
	dial, err := dialerFor(opt.Address)
	if err != nil {
		return nil, err
	}
	clientOpts, err := tlsOptions(opt)
	if err != nil {
		return nil, err
	}
	if dial != nil {
		clientOpts = append(clientOpts, client.WithContextDialer(dial.dial))
	}
	c, err := client.New(ctx, opt.Address, clientOpts...)
	if err != nil {
		return nil, setupError(opt, err)
	}
	waiting, cancel := context.WithTimeout(ctx, opt.Timeout)
	defer cancel()
	info, err := engine.Ask(waiting, c)
	if err != nil {
		c.Close()
		return nil, &engine.UnreachableError{Address: opt.Address, Err: reason(ctx, opt.Timeout, dial, err)}
	}
	info.Kind, info.Address = engine.KindRemote, opt.Address
	return &Engine{client: c, info: info}, nil
}

// Client returns the connection, which is shared.
func (e *Engine) Client() *client.Client { return e.client }

// Info returns what the engine said when Dial reached it.
func (e *Engine) Info() engine.Info { return e.info }

// Capabilities returns what such an engine can do.
func (e *Engine) Capabilities() engine.Capabilities { return capabilities }

// capabilities are those of any BuildKit: it builds, and keeps what others built, too.
var capabilities = engine.Capabilities{}

// Facts returns nil: what a remote engine did is known from its status alone.
func (e *Engine) Facts(context.Context, string) (map[digest.Digest]engine.Fact, error) {
	return nil, nil
}

// Close ends the connection; the engine goes on.
func (e *Engine) Close() error { return e.client.Close() }

// Connector reaches the engine at an address that somebody named.
type Connector struct {
	Options
	// Named is by what Options.Address was named: a flag, a variable. Where the address
	// is "", nobody did.
	Named string
}

// Kind is KindRemote.
func (c *Connector) Kind() string { return engine.KindRemote }

// Look says whether an address was named; whether something answers there shows
// when it is reached.
func (c *Connector) Look(context.Context) (engine.Look, error) {
	return engine.Look{Found: c.Address != "", By: c.Named}, nil
}

// Capabilities are those of any BuildKit.
func (c *Connector) Capabilities() engine.Capabilities { return capabilities }

// Connect is Dial.
func (c *Connector) Connect(ctx context.Context) (engine.Engine, error) {
	e, err := Dial(ctx, c.Options)
	if err != nil {
		return nil, err
	}
	return e, nil
}
