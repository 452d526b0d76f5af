package engine

import (
	"cmp"
	"context"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/util/appdefaults"
	"github.com/moby/buildkit/util/grpcerrors"
	"github.com/opencontainers/go-digest"
	"google.golang.org/grpc/codes"
)

// DefaultTimeout is how long Dial waits for an engine to answer, as buildctl
// does.
const DefaultTimeout = 5 * time.Second

// The labels with which a worker says how it works (worker/label in BuildKit,
// which only the daemon may import).
const (
	labelExecutor    = "org.mobyproject.buildkit.worker.executor"
	labelSnapshotter = "org.mobyproject.buildkit.worker.snapshotter"
)

// RemoteOptions say where a BuildKit is and how to trust it. The TLS fields
// mean what buildctl's flags of that name mean: paths of PEM files. TLS is used
// where CACert, Cert or Key is set, be it by CertDir.
type RemoteOptions struct {
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

// Remote is a BuildKit that somebody else runs. It implements Engine.
type Remote struct {
	client *client.Client
	info   Info
}

var _ Engine = (*Remote)(nil)

// Dial connects to a BuildKit and asks who it is. It returns an *AddressError
// for an address that cannot be one, an *UnreachableError where nothing, or
// nothing of use, answers, and other errors for TLS settings that do not fit.
// It ends when ctx does.
func Dial(ctx context.Context, opt RemoteOptions) (*Remote, error) {
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
	info, err := ask(waiting, c)
	if err != nil {
		c.Close()
		return nil, &UnreachableError{Address: opt.Address, Err: reason(ctx, opt.Timeout, dial.last(), err)}
	}
	info.Address = opt.Address
	return &Remote{client: c, info: info}, nil
}

// ask fills what the engine tells about itself. An engine before v0.11 has no
// call for its version.
func ask(ctx context.Context, c *client.Client) (Info, error) {
	info := Info{Kind: KindRemote}
	answer, err := c.Info(ctx)
	switch {
	case err == nil:
		info.Version = answer.BuildkitVersion.Version
	case grpcerrors.Code(err) != codes.Unimplemented:
		return Info{}, err
	}
	workers, err := c.ListWorkers(ctx)
	if err != nil {
		return Info{}, err
	}
	if len(workers) == 0 {
		return Info{}, errNoWorker
	}
	w := workers[0] // BuildKit's default worker
	info.CacheID = w.ID
	info.Version = cmp.Or(info.Version, w.BuildkitVersion.Version)
	info.Snapshotter = w.Labels[labelSnapshotter]
	if w.Labels[labelExecutor] == "oci" { // BuildKit's name for running runc itself
		info.Isolation = "runc"
	}
	return info, nil
}

// Client returns the connection, which is shared.
func (r *Remote) Client() *client.Client { return r.client }

// Info returns what the engine said when Dial reached it.
func (r *Remote) Info() Info { return r.info }

// Facts returns nil: what a remote engine did is known from its status alone.
func (r *Remote) Facts(context.Context, string) (map[digest.Digest]Fact, error) { return nil, nil }

// Close ends the connection; the engine goes on.
func (r *Remote) Close() error { return r.client.Close() }
