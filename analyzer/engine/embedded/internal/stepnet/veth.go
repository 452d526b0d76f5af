//go:build linux

package stepnet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// veth is a packet socket on the far side of a veth pair. That lies in a network
// namespace which nothing but the socket keeps.
type veth struct {
	*os.File
	index int     // of the far interface
	near  [8]byte // link address of the near one
}

// vethBuffer is how much of what a step sends may wait, in bytes. The kernel
// gives less where net.core.rmem_max says so.
const vethBuffer = 4 << 20

// newVeth makes a pair. Its near side is in the calling thread's network
// namespace, which the file is of; the thread is in another one when it fails.
func newVeth(near *os.File) (_ device, err error) {
	far, err := unshareNetwork()
	if err != nil {
		return nil, err
	}
	defer far.Close() // the socket keeps it
	index, err := pair(near)
	if err != nil {
		return nil, fmt.Errorf("make veth pair: %w", err)
	}
	socket, err := listenTo(index)
	if err != nil {
		return nil, fmt.Errorf("make packet socket: %w", err)
	}
	v := &veth{File: socket, index: index}
	err = unix.Setns(int(near.Fd()), unix.CLONE_NEWNET)
	if err == nil {
		err = v.meet()
	}
	if err != nil {
		v.Close()
		return nil, fmt.Errorf("set up veth pair: %w", err)
	}
	return v, nil
}

// pair makes a veth pair between the calling thread's namespace and near, and
// returns the index of the side that is here.
func pair(near *os.File) (int, error) {
	const farName = "far0"
	attributes := netlink.NewLinkAttrs()
	attributes.Name, attributes.MTU = farName, mtu
	err := netlink.LinkAdd(&netlink.Veth{
		LinkAttrs:     attributes,
		PeerName:      interfaceName,
		PeerNamespace: netlink.NsFd(near.Fd()),
	})
	if err != nil {
		return 0, err
	}
	far, err := netlink.LinkByName(farName)
	if err != nil {
		return 0, err
	}
	return far.Attrs().Index, netlink.LinkSetUp(far)
}

// meet notes the near side's link address, which takes the place of resolving
// it: on both sides it is all that there is to send to.
func (v *veth) meet() error {
	near, err := netlink.LinkByName(interfaceName)
	if err != nil {
		return err
	}
	copy(v.near[:], near.Attrs().HardwareAddr)
	return netlink.LinkSetARPOff(near)
}

// listenTo opens a socket for all IP packets of an interface.
func listenTo(index int) (*os.File, error) {
	all := bigEndian(unix.ETH_P_ALL)
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, vethBuffer)
	err = errors.Join(
		unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1),
		unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: all, Ifindex: index}),
	)
	if err != nil {
		unix.Close(fd)
		return nil, err
	}
	return os.NewFile(uintptr(fd), "veth"), nil
}

func (v *veth) write(parts [][]byte) error {
	to := &unix.SockaddrLinklayer{Protocol: bigEndian(unix.ETH_P_IP), Ifindex: v.index, Halen: 6, Addr: v.near}
	if ipVersion(parts[0]) == 6 {
		to.Protocol = bigEndian(unix.ETH_P_IPV6)
	}
	return writeTo(v.File, func(fd int) error {
		_, err := unix.SendmsgBuffers(fd, parts, nil, to, 0)
		return err
	})
}

// bigEndian is a number as the network has it.
func bigEndian(n uint16) uint16 {
	return binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, n))
}
