//go:build linux

package stepnet

import (
	"errors"
	"fmt"
	"math"
	"net"
	"net/netip"
	"os"
	"runtime"

	"github.com/moby/sys/user"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// mtu is the largest that a packet of 64 KiB allows with room for link headers.
// Fewer and larger packets are what makes the copying fast.
const mtu = 65520

// The addresses on the two sides. They are host addresses: nothing else is out
// of a step's reach because of them. The first two are of the range that is set
// aside for benchmarks of network devices (RFC 2544), which no network uses, and
// the third is a unique local address (RFC 4193).
var (
	gateway = netip.MustParseAddr("198.19.255.1")
	own4    = netip.MustParseAddr("198.19.255.2")
	own6    = netip.MustParseAddr("fd6c:7773:7465:70::2")
)

const interfaceName = "eth0"

// link is a network namespace and the device at which its packets arrive.
type link struct {
	netns  *os.File
	device device
}

// device reads and writes IP packets.
type device interface {
	// Read reads one packet; os.ErrClosed comes after Close.
	Read(packet []byte) (int, error)
	// write sends one packet, in parts.
	write(parts [][]byte) error
	Close() error
}

func (l *link) close() {
	l.device.Close()
	l.netns.Close()
}

// deviceKinds are the ways to make a device in the calling thread's network
// namespace, which the file is of, the best first.
var deviceKinds = []func(netns *os.File) (device, error){newTun, newVeth}

// newLink makes a namespace with a configured interface of the first kind that
// the machine allows. The calling goroutine stays where it is.
func newLink(kinds ...func(*os.File) (device, error)) (*link, error) {
	type result struct {
		link *link
		err  error
	}
	done := make(chan result)
	go func() {
		// The thread is in the new namespace and ends with this goroutine.
		runtime.LockOSThread()
		l, err := newLinkHere(kinds)
		done <- result{l, err}
	}()
	r := <-done
	if r.err != nil {
		return nil, fmt.Errorf("make a network for steps: %w", r.err)
	}
	return r.link, nil
}

func newLinkHere(kinds []func(*os.File) (device, error)) (*link, error) {
	ipv6 := hasIPv6() // of the machine
	netns, err := unshareNetwork()
	if err != nil {
		return nil, err
	}
	d, err := newDevice(netns, kinds)
	if err != nil {
		netns.Close()
		return nil, err
	}
	if err := configure(ipv6); err != nil {
		d.Close()
		netns.Close()
		return nil, err
	}
	return &link{netns: netns, device: d}, nil
}

func newDevice(netns *os.File, kinds []func(*os.File) (device, error)) (device, error) {
	var errs []error
	for _, make := range kinds {
		d, err := make(netns)
		if err == nil {
			return d, nil
		}
		errs = append(errs, err)
		if err := unix.Setns(int(netns.Fd()), unix.CLONE_NEWNET); err != nil {
			errs = append(errs, fmt.Errorf("return to the step's network: %w", err))
			break
		}
	}
	return nil, errors.Join(errs...)
}

// unshareNetwork moves the calling thread into a new network namespace.
func unshareNetwork() (*os.File, error) {
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return nil, fmt.Errorf("new network namespace: %w", err)
	}
	return os.Open("/proc/thread-self/ns/net")
}

// configure brings up the interfaces of the calling thread's namespace.
func configure(ipv6 bool) error {
	addresses := []netip.Addr{own4}
	if ipv6 {
		addresses = append(addresses, own6)
	}
	lo, err := netlink.LinkByName("lo")
	if err == nil {
		err = netlink.LinkSetUp(lo)
	}
	if err != nil {
		return fmt.Errorf("bring up lo: %w", err)
	}
	eth, err := netlink.LinkByName(interfaceName)
	if err != nil {
		return fmt.Errorf("find %s: %w", interfaceName, err)
	}
	err = netlink.LinkSetMTU(eth, mtu)
	if err == nil {
		err = netlink.LinkSetUp(eth)
	}
	if err != nil {
		return fmt.Errorf("bring up %s: %w", interfaceName, err)
	}
	for _, a := range addresses {
		if err := address(eth, a); err != nil {
			return err
		}
	}
	openPorts()
	return nil
}

// openPorts has the calling thread's namespace as container engines have theirs:
// every user may listen on low ports and ping. Where /proc/sys is closed to us,
// only root may.
func openPorts() {
	_ = os.WriteFile("/proc/sys/net/ipv4/ip_unprivileged_port_start", []byte("0"), 0)
	if ids, err := user.CurrentProcessGIDMap(); err == nil {
		last := int64(0)
		for _, r := range ids {
			last = max(last, r.ID+r.Count-1)
		}
		last = min(last, math.MaxInt32)
		_ = os.WriteFile("/proc/sys/net/ipv4/ping_group_range", fmt.Appendf(nil, "0 %d", last), 0)
	}
}

// address gives an interface an address and the default route of its kind.
func address(eth netlink.Link, a netip.Addr) error {
	err := netlink.AddrAdd(eth, &netlink.Addr{
		IPNet: &net.IPNet{IP: a.AsSlice(), Mask: net.CIDRMask(a.BitLen(), a.BitLen())},
		Flags: unix.IFA_F_NODAD,
	})
	if err != nil {
		return fmt.Errorf("address %s: %w", a, err)
	}
	err = netlink.RouteAdd(&netlink.Route{
		LinkIndex: eth.Attrs().Index,
		Scope:     netlink.SCOPE_LINK,
		Dst:       &net.IPNet{IP: make(net.IP, a.BitLen()/8), Mask: net.CIDRMask(0, a.BitLen())},
	})
	if err != nil {
		return fmt.Errorf("default route of %s: %w", a, err)
	}
	return nil
}

// hasIPv6 reports whether the machine has an IPv6 address that goes beyond a
// link. Without one a step gets none either, so that it does not try.
func hasIPv6() bool {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return false
	}
	for _, a := range addresses {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() == nil && n.IP.IsGlobalUnicast() {
			return true
		}
	}
	return false
}
