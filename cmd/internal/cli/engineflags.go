package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/docker/go-units"
	"github.com/layerwise/layerwise/analyzer/engine"
	"github.com/layerwise/layerwise/analyzer/engine/embedded"
	"github.com/layerwise/layerwise/analyzer/engine/remote"
	"github.com/spf13/pflag"
)

// engineFlags choose the BuildKit that builds.
type engineFlags struct {
	addr        string
	tls         remote.Options
	dir         string
	noWait      bool
	keepStorage string
	runtime     string
	insecure    bool
	snapshotter string

	waited time.Duration // for another process, when the engine was started
}

func (f *engineFlags) register(fs *pflag.FlagSet) {
	fs.StringVar(&f.addr, "addr", "", "use the buildkitd at this `address` (default $BUILDKIT_HOST, else the embedded engine)")
	fs.StringVar(&f.tls.ServerName, "tlsservername", "", "name that the buildkitd's certificate must be for")
	fs.StringVar(&f.tls.CACert, "tlscacert", "", "CA certificate `file` of the buildkitd")
	fs.StringVar(&f.tls.Cert, "tlscert", "", "client certificate `file`")
	fs.StringVar(&f.tls.Key, "tlskey", "", "key `file` of the client certificate")
	fs.StringVar(&f.tls.CertDir, "tlsdir", "", "`folder` of ca.pem, cert.pem and key.pem")
	f.registerEmbedded(fs)
}

func (f *engineFlags) registerEmbedded(fs *pflag.FlagSet) {
	fs.StringVar(&f.dir, "engine-dir", "", "state `folder` of the embedded engine (default $XDG_DATA_HOME/layerwise/engine)")
	fs.BoolVar(&f.noWait, "no-wait", false, "fail if another process uses the embedded engine, do not wait for it")
	fs.StringVar(&f.keepStorage, "keep-storage", "10GB", "what the embedded engine's cache may grow to")
	fs.StringVar(&f.runtime, "runtime", "auto", "what runs steps in the embedded engine: auto, runc, builtin")
	fs.BoolVar(&f.insecure, "insecure", false, "let --runtime builtin run steps as the machine's root, where root calls and no user namespace can be had")
	fs.StringVar(&f.snapshotter, "snapshotter", "auto", "how the embedded engine stores layers: auto, overlayfs, native")
}

// connectors are the ways to an engine, in the order in which they count.
func (f *engineFlags) connectors(s *Streams) []engine.Connector {
	return []engine.Connector{
		f.named(f.addr, "--addr"),
		f.named(s.Getenv("BUILDKIT_HOST"), "BUILDKIT_HOST"),
		f.own(s),
	}
}

// own is the embedded engine.
func (f *engineFlags) own(s *Streams) engine.Connector {
	return &embedded.Connector{Options: func() (embedded.Options, error) {
		dir := f.dir
		if dir == "" {
			var err error
			if dir, err = embedded.DefaultRoot(); err != nil {
				return embedded.Options{}, err
			}
		}
		return f.embedded(s, dir)
	}}
}

// named reaches the engine at an address.
func (f *engineFlags) named(addr, by string) engine.Connector {
	o := f.tls
	o.Address = addr
	return &remote.Connector{Options: o, Named: by}
}

// find chooses the engine that the flags and the environment ask for.
func (f *engineFlags) find(ctx context.Context, s *Streams) (engine.Connector, error) {
	found, _, err := engine.Find(ctx, f.connectors(s)...)
	return found, err
}

// open starts or reaches that engine.
func (f *engineFlags) open(ctx context.Context, s *Streams) (engine.Engine, error) {
	found, err := f.find(ctx, s)
	if err != nil {
		return nil, err
	}
	return found.Connect(ctx)
}

// start starts the embedded engine on a state folder.
func (f *engineFlags) start(ctx context.Context, s *Streams, dir string) (engine.Engine, error) {
	o, err := f.embedded(s, dir)
	if err != nil {
		return nil, err
	}
	return embedded.Start(ctx, o)
}

// embedded says how the embedded engine is started on a state folder.
func (f *engineFlags) embedded(s *Streams, dir string) (embedded.Options, error) {
	s.engineDir = dir
	keep, err := units.FromHumanSize(f.keepStorage)
	if err != nil || keep <= 0 {
		return embedded.Options{}, usagef("--keep-storage %s: want a size like 10GB", f.keepStorage)
	}
	if err := oneOf("--runtime", f.runtime, "auto", "runc", "builtin"); err != nil {
		return embedded.Options{}, err
	}
	if err := oneOf("--snapshotter", f.snapshotter, "auto", "overlayfs", "native"); err != nil {
		return embedded.Options{}, err
	}
	return embedded.Options{
		Root: dir, NoWait: f.noWait, KeepBytes: keep, Runtime: f.runtime, Insecure: f.insecure, Snapshotter: f.snapshotter,
		OnWait:   func(message string) { fmt.Fprintln(s.Err, clean(message)) },
		OnWaited: func(d time.Duration) { f.waited = d },
	}, nil
}

func oneOf(flag, value string, choices ...string) error {
	if !slices.Contains(choices, value) {
		return usagef("%s %s: want one of %s", flag, value, strings.Join(choices, ", "))
	}
	return nil
}
