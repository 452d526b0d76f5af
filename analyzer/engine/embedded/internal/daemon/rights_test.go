//go:build linux

package daemon

import (
	"context"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/buildkit/executor"
	"github.com/moby/buildkit/executor/oci"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/network"
	"github.com/moby/profiles/seccomp"
	"github.com/opencontainers/runtime-spec/specs-go"
)

// dockerCapabilities is what Docker gives a container by default:
// daemon/pkg/oci/caps/defaults.go of github.com/moby/moby.
var dockerCapabilities = []string{
	"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID", "CAP_SETUID",
	"CAP_SETFCAP", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL", "CAP_AUDIT_WRITE",
}

// stepSpec is the specification of a step as the executor makes it.
func stepSpec(t *testing.T, mode pb.SecurityMode) *specs.Spec {
	t.Helper()
	providers := map[pb.NetMode]network.Provider{pb.NetMode_UNSET: network.NewHostProvider()}
	limitRights(providers)
	ns, err := providers[pb.NetMode_UNSET].New(t.Context(), "", network.NamespaceOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer ns.Close()
	meta := executor.Meta{Args: []string{"/bin/true"}, Cwd: "/", SecurityMode: mode}
	spec, release, err := oci.GenerateSpec(context.Background(), meta, nil, "step", "/resolv.conf", "/hosts", ns, "", oci.ProcessSandbox, nil, "", false, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
	return spec
}

// A step has Docker's default capabilities without raw packets, and the filter
// that moby's profile makes for them.
func TestRightsAreDockers(t *testing.T) {
	spec := stepSpec(t, pb.SecurityMode_SANDBOX)
	want := slices.Clone(dockerCapabilities)
	want = slices.DeleteFunc(want, func(name string) bool { return name == "CAP_NET_RAW" })
	slices.Sort(want)
	c := spec.Process.Capabilities
	for name, set := range map[string][]string{"bounding": c.Bounding, "effective": c.Effective, "permitted": c.Permitted} {
		if diff := cmp.Diff(want, slices.Sorted(slices.Values(set))); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
	}
	if len(c.Ambient)+len(c.Inheritable) > 0 {
		t.Errorf("ambient %q, inheritable %q", c.Ambient, c.Inheritable)
	}
	profile, err := seccomp.GetDefaultProfile(spec)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(profile, spec.Linux.Seccomp); diff != "" {
		t.Errorf("filter: -moby's +step's\n%s", diff)
	}
}

// Where a build may ask for every right, it gets every right.
func TestRightsOfAnInsecureStep(t *testing.T) {
	c := stepSpec(t, pb.SecurityMode_INSECURE).Process.Capabilities
	if !slices.Contains(c.Bounding, "CAP_NET_RAW") || !slices.Contains(c.Effective, "CAP_SYS_ADMIN") {
		t.Errorf("capabilities are %+v", c)
	}
}
