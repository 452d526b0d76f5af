//go:build linux

package daemon

import (
	"errors"
	"testing"

	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/network"
	"github.com/moby/buildkit/worker/base"
	"github.com/moby/buildkit/worker/label"

	"github.com/layerwise/layerwise/analyzer/engine"
)

type triedNetworks struct {
	network.Provider
	err error
}

func (n triedNetworks) Err() error { return n.err }

// Where networks cannot be made, steps have the machine's, and the engine says so.
func TestIsolate(t *testing.T) {
	for _, err := range []error{nil, errors.New("no devices")} {
		host := network.NewHostProvider()
		own := triedNetworks{network.NewNoneProvider(), err}
		opt := base.WorkerOpt{
			Labels:           map[string]string{label.Network: "host"},
			NetworkProviders: map[pb.NetMode]network.Provider{pb.NetMode_UNSET: host, pb.NetMode_HOST: host},
		}
		got := isolate(&opt, own)
		want, provider := stepNetwork{mode: engine.NetworkIsolated}, network.Provider(own)
		if err != nil {
			want, provider = stepNetwork{engine.NetworkHost, "no devices"}, host
		}
		if got != want || opt.NetworkProviders[pb.NetMode_UNSET] != provider || opt.Labels[label.Network] != want.mode {
			t.Errorf("%v: %+v, %+v", err, got, opt)
		}
		if opt.NetworkProviders[pb.NetMode_HOST] != host {
			t.Errorf("%v: who asks for the machine's network does not get it", err)
		}
	}
}
