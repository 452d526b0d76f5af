//go:build linux

package stepnet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/channel"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
)

// netstack answers a step's packets.
type netstack struct {
	stack  *stack.Stack
	link   *link
	limits limits
	// ctx ends with the network, and ends all that is carried.
	ctx    context.Context
	cancel context.CancelFunc
}

const nic tcpip.NICID = 1

// maxDialing is how many connections of a step may be in the making at once.
const maxDialing = 256

func newNetstack(l *link, limits limits) (*netstack, error) {
	ctx, cancel := context.WithCancel(context.Background())
	n := &netstack{
		stack: stack.New(stack.Options{
			NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol, ipv6.NewProtocol},
			TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol, udp.NewProtocol},
		}),
		link: l, limits: limits, ctx: ctx, cancel: cancel,
	}
	if err := n.configure(); err != nil {
		n.close()
		return nil, fmt.Errorf("start TCP/IP stack: %s", err)
	}
	return n, nil
}

// configure has the stack answer for every address.
func (n *netstack) configure() tcpip.Error {
	e := &endpoint{Endpoint: channel.New(0, mtu, ""), device: n.link.device}
	e.LinkEPCapabilities = stack.CapabilityRXChecksumOffload // the packets have only been in memory
	if err := n.stack.CreateNIC(nic, e); err != nil {
		return err
	}
	if err := n.stack.SetPromiscuousMode(nic, true); err != nil {
		return err
	}
	if err := n.stack.SetSpoofing(nic, true); err != nil {
		return err
	}
	sack, grow := tcpip.TCPSACKEnabled(true), tcpip.TCPModerateReceiveBufferOption(true)
	// The stack would take no new connection from a port whose last one ended less
	// than a minute ago by our side: it looks for a listening socket, and has none.
	// No packet is on its way for long here.
	wait := tcpip.TCPTimeWaitTimeoutOption(0)
	for _, option := range []tcpip.SettableTransportProtocolOption{
		&sack, &grow, &wait,
		&tcpip.TCPReceiveBufferSizeRangeOption{Min: tcp.MinBufferSize, Default: windowBytes, Max: maxWindowBytes},
		&tcpip.TCPSendBufferSizeRangeOption{Min: tcp.MinBufferSize, Default: windowBytes, Max: maxWindowBytes},
	} {
		if err := n.stack.SetTransportProtocolOption(tcp.ProtocolNumber, option); err != nil {
			return err
		}
	}
	n.stack.SetRouteTable([]tcpip.Route{
		{Destination: header.IPv4EmptySubnet, NIC: nic},
		{Destination: header.IPv6EmptySubnet, NIC: nic},
	})
	n.stack.SetTransportProtocolHandler(tcp.ProtocolNumber, tcp.NewForwarder(n.stack, windowBytes, maxDialing, n.connect).HandlePacket)
	n.stack.SetTransportProtocolHandler(udp.ProtocolNumber, udp.NewForwarder(n.stack, n.datagram).HandlePacket)
	go n.read(e)
	return nil
}

// What is under way in one direction of a connection, in bytes: at first, and
// at most.
const (
	windowBytes    = 1 << 20
	maxWindowBytes = 4 << 20
)

// read hands the step's packets to the stack until the device has ended.
func (n *netstack) read(e *endpoint) {
	packet := make([]byte, 1<<16)
	for {
		size, err := e.device.Read(packet)
		switch {
		case errors.Is(err, unix.ENETDOWN), err == io.EOF:
			continue // it was set down, which is said once; or the packet is empty
		case err != nil:
			return // closed, or gone: a step that has all rights removed it
		}
		if dropped(packet[:size]) {
			continue
		}
		protocol := ipv4.ProtocolNumber
		if ipVersion(packet) == 6 {
			protocol = ipv6.ProtocolNumber
		}
		p := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(packet[:size])})
		e.InjectInbound(protocol, p)
		p.DecRef()
	}
}

// close ends all that is carried, and the link's device with it.
func (n *netstack) close() {
	n.cancel()
	n.link.device.Close()
	go n.stack.Destroy() // waits for what ends soon
}

// endpoint is a device as the stack sees it.
type endpoint struct {
	*channel.Endpoint // what comes in
	device            device
}

func (e *endpoint) WritePackets(packets stack.PacketBufferList) (int, tcpip.Error) {
	for i, p := range packets.AsSlice() {
		if err := e.device.write(p.AsSlices()); err != nil {
			if i == 0 && errors.Is(err, os.ErrClosed) {
				return 0, &tcpip.ErrClosedForSend{}
			}
			return i, nil // lost, as on any network
		}
	}
	return packets.Len(), nil
}

// ipVersion is 4 or 6 for what may be an IP packet.
func ipVersion(packet []byte) byte { return packet[0] >> 4 }

// destination is where a step sends to: on the stack's side, the local address.
func destination(id stack.TransportEndpointID) netip.AddrPort {
	a, _ := netip.AddrFromSlice(id.LocalAddress.AsSlice())
	return netip.AddrPortFrom(a.Unmap(), id.LocalPort)
}
