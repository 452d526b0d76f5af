package main

import (
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// The addresses of the step's gateway, and of what is no other machine.
const gateway = "198.19.255.1"

var sockets = []probe{
	{"sockets/interfaces", interfaces},
	{"sockets/abstract", func() string { return dial("unix", "@"+machine.Abstract) }},
	{"sockets/loopback", func() string { return dial("tcp4", machine.TCP4) }},
	{"sockets/loopback6", func() string { return dial("tcp6", machine.TCP6) }},
	{"sockets/loopback-other", func() string { return dial("tcp4", "127.9.8.7:"+port(machine.TCP4)) }},
	{"sockets/loopback-mapped", mapped},
	{"sockets/unspecified", func() string { return dial("tcp4", "0.0.0.0:"+port(machine.TCP4)) }},
	{"sockets/unspecified6", func() string { return dial("tcp6", "[::]:"+port(machine.TCP6)) }},
	{"sockets/gateway", func() string { return dial("tcp4", gateway+":"+port(machine.TCP4)) }},
	{"sockets/udp", func() string { return send(machine.UDP4) }},
	{"sockets/udp-gateway", func() string { return send(gateway + ":" + port(machine.UDP4)) }},
	{"sockets/outside", func() string {
		if machine.Outside == "" {
			return "no address"
		}
		return dial("tcp", machine.Outside)
	}},
	{"sockets/packet", open(unix.AF_PACKET, unix.SOCK_RAW, 0x0300)},
	{"sockets/packet-dgram", open(unix.AF_PACKET, unix.SOCK_DGRAM, 0x0300)},
	{"sockets/raw-icmp", open(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_ICMP)},
	{"sockets/raw-icmp6", open(unix.AF_INET6, unix.SOCK_RAW, unix.IPPROTO_ICMPV6)},
	{"sockets/raw-tcp", open(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_TCP)},
	{"sockets/vsock", open(unix.AF_VSOCK, unix.SOCK_STREAM, 0)},
	{"sockets/route", route},
	{"sockets/interface-down", interfaceDown},
	{"sockets/own-loopback", ownLoopback},
}

func interfaces() string {
	all, err := net.Interfaces()
	if err != nil {
		return outcome(err)
	}
	var list []string
	for _, i := range all {
		list = append(list, i.Name)
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

func port(address string) string {
	_, p, _ := net.SplitHostPort(address)
	return p
}

func dial(network, address string) string {
	c, err := net.DialTimeout(network, address, 5*time.Second)
	if err == nil {
		c.Close()
	}
	return outcome(err)
}

// mapped connects to an IPv4 address by way of IPv6.
func mapped() string {
	number, err := strconv.Atoi(port(machine.TCP4))
	if err != nil {
		return err.Error()
	}
	fd, err := unix.Socket(unix.AF_INET6, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return outcome(err)
	}
	defer unix.Close(fd)
	to := &unix.SockaddrInet6{Port: number}
	copy(to.Addr[:], net.ParseIP("127.0.0.1").To16())
	return outcome(unix.Connect(fd, to))
}

// send sends a datagram. Only the receiver can tell what came of it.
func send(address string) string {
	c, err := net.Dial("udp4", address)
	if err != nil {
		return outcome(err)
	}
	defer c.Close()
	for range 3 {
		_, _ = c.Write([]byte("escaped"))
		time.Sleep(10 * time.Millisecond)
	}
	return "sent"
}

func open(family, kind, protocol int) func() string {
	return func() string {
		fd, err := unix.Socket(family, kind|unix.SOCK_CLOEXEC, protocol)
		if err == nil {
			unix.Close(fd)
		}
		return outcome(err)
	}
}

// route adds one to 203.0.113.0/24, by the older of the two interfaces.
func route() string {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return outcome(err)
	}
	defer unix.Close(fd)
	// struct rtentry: a pad, three socket addresses, flags and what may be zero.
	var entry [120]byte
	entry[8], entry[12], entry[14] = unix.AF_INET, 203, 113
	entry[24] = unix.AF_INET
	entry[40], entry[44], entry[45], entry[46] = unix.AF_INET, 255, 255, 255
	entry[56] = 1 // RTF_UP
	return ioctl(fd, unix.SIOCADDRT, &entry[0])
}

func interfaceDown() string {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return outcome(err)
	}
	defer unix.Close(fd)
	request, err := unix.NewIfreq("eth0")
	if err != nil {
		return outcome(err)
	}
	return outcome(unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, request))
}

// ownLoopback is there: programs that talk to themselves work.
func ownLoopback() string {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return outcome(err)
	}
	defer l.Close()
	return dial("tcp4", l.Addr().String())
}

// neighbour runs while another step does the same: each shows a file, an abstract
// socket and a listener, and looks for those of the other.
func neighbour() string {
	own, other := os.Args[2], os.Args[3]
	began := time.Now()
	if err := os.MkdirAll("/tmp", 0o777); err != nil {
		return outcome(err)
	}
	if err := os.WriteFile("/tmp/"+own, nil, 0o666); err != nil {
		return outcome(err)
	}
	if err := os.WriteFile("/dev/shm/"+own, nil, 0o666); err != nil {
		return outcome(err)
	}
	name, err := net.Listen("unix", "@neighbour-"+own)
	if err != nil {
		return outcome(err)
	}
	defer name.Close()
	listener, err := net.Listen("tcp4", "0.0.0.0:4711")
	if err != nil {
		return outcome(err)
	}
	defer listener.Close()
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = c.Write([]byte(own))
			c.Close()
		}
	}()
	for time.Since(began) < 3*time.Second {
		if met := meet(other); met != "" {
			return met
		}
		time.Sleep(50 * time.Millisecond)
	}
	return "alone " + began.UTC().Format(time.RFC3339Nano)
}

func meet(other string) string {
	for _, path := range []string{"/tmp/", "/dev/shm/"} {
		if _, err := os.Stat(path + other); err == nil {
			return "met in " + path
		}
	}
	if dial("unix", "@neighbour-"+other) == "ok" {
		return "met by an abstract socket"
	}
	for _, address := range []string{"127.0.0.1:4711", "198.19.255.2:4711"} {
		c, err := net.DialTimeout("tcp4", address, time.Second)
		if err != nil {
			continue
		}
		text := make([]byte, 64)
		_ = c.SetReadDeadline(time.Now().Add(time.Second))
		n, _ := c.Read(text)
		c.Close()
		if string(text[:n]) == other {
			return "met at " + address
		}
	}
	if pids := pids(); len(pids) > 1 {
		return "met processes " + strings.Join(pids, " ")
	}
	return ""
}
