//go:build linux

package stepnet

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

var errForbidden = errors.New("address is out of a step's reach")

// forbidden reports whether steps must not reach an address: the machine's own
// loopback, by any of its addresses and by those that lead to it; the gateway,
// which is not on the machine; and what is not one host: multicast, broadcast.
func forbidden(a netip.Addr) bool {
	a = a.Unmap()
	switch {
	case !a.IsValid(), a.IsLoopback(), a.IsMulticast(), a == gateway:
		return true
	case a.Is4():
		b := a.As4()
		if b[0] == 0 || b == [4]byte{255, 255, 255, 255} { // Linux takes 0.0.0.0 for itself
			return true
		}
	case a.IsUnspecified(), a.IsLinkLocalUnicast(): // a link-local one would need an interface
		return true
	}
	return onLoopback(a)
}

// onLoopback reports whether the machine's loopback interface has an address:
// some have more than 127.0.0.1 and ::1.
func onLoopback(a netip.Addr) bool {
	interfaces, err := net.Interfaces()
	if err != nil {
		return true
	}
	for _, i := range interfaces {
		if i.Flags&net.FlagLoopback == 0 {
			continue
		}
		addresses, err := i.Addrs()
		if err != nil {
			return true
		}
		for _, own := range addresses {
			if n, ok := own.(*net.IPNet); ok && n.IP.Equal(a.AsSlice()) {
				return true
			}
		}
	}
	return false
}

// dialTimeout is longer than Linux itself tries to connect.
const dialTimeout = 3 * time.Minute

// dial connects to where a step wants to.
func dial(ctx context.Context, network string, to netip.AddrPort) (net.Conn, error) {
	if forbidden(to.Addr()) {
		return nil, errForbidden
	}
	d := net.Dialer{Timeout: dialTimeout, Control: noBroadcast}
	return d.DialContext(ctx, network, to.String())
}

// noBroadcast takes back what Go allows every UDP socket: to send to all hosts of
// a network.
func noBroadcast(network, _ string, c syscall.RawConn) error {
	if network != "udp4" && network != "udp6" {
		return nil
	}
	var setErr error
	err := c.Control(func(fd uintptr) {
		setErr = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_BROADCAST, 0)
	})
	if err != nil {
		return err
	}
	return setErr
}
