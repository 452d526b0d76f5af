package embedded_test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/util/entitlements"
	"github.com/vishvananda/netlink"

	"github.com/layerwise/layerwise/analyzer/engine"
	"github.com/layerwise/layerwise/analyzer/engine/embedded"
)

// runtimes are those that this machine has.
func runtimes() []string {
	names := []string{embedded.RuntimeBuiltin}
	if _, err := exec.LookPath("runc"); err == nil {
		names = append(names, embedded.RuntimeRunc)
	}
	return names
}

// A step has a network of its own unless it asks for the machine's, for which the
// build must be allowed to ask, or for none.
func TestStepNetwork(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	at := l.Addr().String()
	for _, name := range runtimes() {
		t.Run(name, func(t *testing.T) {
			e := start(t, embedded.Options{Runtime: name})
			if e.Info().Network != engine.NetworkIsolated {
				t.Fatalf("engine is %+v", e.Info())
			}
			solve(t, e, step(rootfs(), "refused", at), nil)
			solve(t, e, step(rootfs(), "interfaces", "lo", "eth0"), nil)
			solve(t, e, step(rootfs().Network(llb.NetModeNone), "interfaces", "lo"), nil)

			host := step(rootfs().Network(llb.NetModeHost), "connect", at)
			if _, err := trySolve(t.Context(), e, host, nil); err == nil || !strings.Contains(err.Error(), "network.host is not allowed") {
				t.Errorf("the machine's network, which was not allowed: %v", err)
			}
			if _, err := trySolveAllowing(t.Context(), e, host, nil, string(entitlements.EntitlementNetworkHost)); err != nil {
				t.Errorf("the machine's network: %v", err)
			}
		})
	}
}

// A step reaches what listens at the machine's addresses beyond the loopback.
func TestStepReachesMachine(t *testing.T) {
	names := runtimes()
	if os.Geteuid() != 0 { // the namespace below has one id, and runc needs more
		names = []string{embedded.RuntimeBuiltin}
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			cmd := helperCommand(t, job{
				Root:    filepath.Join(t.TempDir(), "engine"),
				Args:    []string{"connect"},
				Runtime: name,
				Reach:   true,
			})
			cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
			if os.Geteuid() != 0 {
				cmd.SysProcAttr = &syscall.SysProcAttr{
					Cloneflags:  syscall.CLONE_NEWNET | syscall.CLONE_NEWUSER,
					UidMappings: []syscall.SysProcIDMap{{HostID: os.Geteuid(), Size: 1}},
					GidMappings: []syscall.SysProcIDMap{{HostID: os.Getegid(), Size: 1}},
				}
			}
			out, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			if got := decode(t, out, 1)[0]; got.Error != "" || got.Info.Network != engine.NetworkIsolated {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// listenBeyondLoopback gives this process's network, which is empty, an address,
// and listens there.
func listenBeyondLoopback() (string, error) {
	attributes := netlink.NewLinkAttrs()
	attributes.Name = "machine"
	if err := netlink.LinkAdd(&netlink.Veth{LinkAttrs: attributes, PeerName: "cable"}); err != nil {
		return "", err
	}
	for _, name := range []string{"lo", "machine", "cable"} {
		l, err := netlink.LinkByName(name)
		if err == nil {
			err = netlink.LinkSetUp(l)
		}
		if err != nil {
			return "", err
		}
	}
	machine, err := netlink.LinkByName("machine")
	if err != nil {
		return "", err
	}
	address, err := netlink.ParseAddr("203.0.113.1/24")
	if err != nil {
		return "", err
	}
	if err := netlink.AddrAdd(machine, address); err != nil {
		return "", err
	}
	l, err := net.Listen("tcp", "203.0.113.1:0")
	if err != nil {
		return "", err
	}
	go func() { // until this process ends
		for {
			if conn, err := l.Accept(); err == nil {
				conn.Close()
			}
		}
	}()
	return l.Addr().String(), nil
}
