//go:build linux

package daemon

import (
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/network"
	"github.com/moby/buildkit/worker/base"
	"github.com/moby/buildkit/worker/label"
	"github.com/sirupsen/logrus"

	"github.com/layerwise/layerwise/analyzer/engine"
)

// stepNetwork is the network of steps that ask for none in particular.
type stepNetwork struct {
	mode   string // engine.NetworkIsolated or engine.NetworkHost
	reason string // why it is the host's
}

// networks make one for each step, unless Err says why this machine has none.
type networks interface {
	network.Provider
	Err() error
}

// isolate gives steps networks of their own, where this machine can have them.
// The worker closes them.
func isolate(opt *base.WorkerOpt, networks networks) stepNetwork {
	if err := networks.Err(); err != nil {
		logrus.Warnf("steps use the host's network: %v", err)
		return stepNetwork{engine.NetworkHost, err.Error()}
	}
	// The executor holds this same map.
	opt.NetworkProviders[pb.NetMode_UNSET] = networks
	opt.Labels[label.Network] = engine.NetworkIsolated
	return stepNetwork{mode: engine.NetworkIsolated}
}
