//go:build linux

package stepnet

import "gvisor.dev/gvisor/pkg/tcpip/header"

// dropped reports whether the stack must not see a packet: ICMP is not carried,
// and the stack, which takes every address for its own, would answer an echo
// request in the place of a host that may not be there. The gateway is.
func dropped(packet []byte) bool {
	if len(packet) == 0 {
		return true
	}
	switch ipVersion(packet) {
	case 4:
		ip := header.IPv4(packet)
		return !ip.IsValid(len(packet)) ||
			ip.Protocol() == uint8(header.ICMPv4ProtocolNumber) && ip.DestinationAddress().As4() != gateway.As4()
	case 6:
		ip := header.IPv6(packet)
		return !ip.IsValid(len(packet)) || ip.NextHeader() == uint8(header.ICMPv6ProtocolNumber)
	}
	return true
}
