//go:build linux

package daemon

import (
	"context"
	"maps"
	"slices"

	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/network"
	"github.com/opencontainers/runtime-spec/specs-go"
)

// limitRights has every step go without the right to make raw packets, which is
// the only one of Docker's default capabilities that reaches beyond the step. It
// changes the providers in place: the executor has the same map. A step's network
// is the one part of its specification that BuildKit lets others write.
func limitRights(providers map[pb.NetMode]network.Provider) {
	for mode, p := range maps.Clone(providers) {
		providers[mode] = limited{p}
	}
}

type limited struct{ network.Provider }

func (l limited) New(ctx context.Context, hostname string, opt network.NamespaceOptions) (network.Namespace, error) {
	ns, err := l.Provider.New(ctx, hostname, opt)
	if err != nil {
		return nil, err
	}
	return limitedNamespace{ns}, nil
}

type limitedNamespace struct{ network.Namespace }

func (l limitedNamespace) Set(spec *specs.Spec) error {
	if err := l.Namespace.Set(spec); err != nil {
		return err
	}
	dropRawPackets(spec)
	return nil
}

// dropRawPackets leaves a step that is to run without a sandbox
// (security=insecure) what it asked for: every right.
func dropRawPackets(spec *specs.Spec) {
	if spec.Process == nil || spec.Process.Capabilities == nil {
		return
	}
	c := spec.Process.Capabilities
	if slices.Contains(c.Bounding, "CAP_SYS_ADMIN") {
		return
	}
	for _, set := range []*[]string{&c.Bounding, &c.Effective, &c.Inheritable, &c.Permitted, &c.Ambient} {
		*set = slices.DeleteFunc(*set, func(name string) bool { return name == "CAP_NET_RAW" })
	}
}
