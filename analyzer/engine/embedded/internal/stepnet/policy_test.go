//go:build linux

package stepnet

import (
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestForbidden(t *testing.T) {
	for address, want := range map[string]bool{
		"127.0.0.1":             true,
		"127.1.2.3":             true,
		"::1":                   true,
		"::ffff:127.0.0.1":      true,
		onLoopback4:             true,
		"::ffff:" + onLoopback4: true,
		"0.0.0.0":               true,
		"0.1.2.3":               true,
		"::":                    true,
		gateway.String():        true,
		"224.0.0.1":             true,
		"239.255.255.250":       true,
		"ff02::1":               true,
		"255.255.255.255":       true,
		"fe80::1":               true,
		machine4:                false,
		machine6:                false,
		"::ffff:" + machine4:    false,
		"192.0.2.1":             false,
		"10.98.7.7":             false,
		"169.254.1.1":           false,
		"2001:db8::1":           false,
		own4.Next().String():    false,
		netip.IPv6Unspecified().Next().Next().String(): false,
	} {
		if got := forbidden(netip.MustParseAddr(address)); got != want {
			t.Errorf("forbidden(%s) is %t", address, got)
		}
	}
	if !forbidden(netip.Addr{}) {
		t.Error("no address is allowed")
	}
}

// What listens at every address of the machine is not reached by those that are
// out of a step's reach.
func TestOutOfReach(t *testing.T) {
	for name, kind := range devices(t) {
		t.Run(name, func(t *testing.T) {
			ns := newStep(t, kind)
			_, tcpPort, err := net.SplitHostPort(listen(t, "tcp", ":0", answer))
			if err != nil {
				t.Fatal(err)
			}
			_, udpPort, err := net.SplitHostPort(listenUDP(t, ""))
			if err != nil {
				t.Fatal(err)
			}
			if said, err := run(t, ns, "tcp", net.JoinHostPort(machine4, tcpPort), "x"); said != "x" || err != nil {
				t.Fatalf("tcp to what is in reach: %q, %v", said, err)
			}
			if said, err := run(t, ns, "udp", net.JoinHostPort(machine4, udpPort), "x"); said != "x" || err != nil {
				t.Fatalf("udp to what is in reach: %q, %v", said, err)
			}
			for _, address := range []string{
				"127.0.0.1", "127.0.0.2", "::1", "::ffff:127.0.0.1", onLoopback4, "0.0.0.0", "::",
				gateway.String(), own4.String(), "224.0.0.1", "255.255.255.255", "203.0.113.255", "ff02::1%eth0",
			} {
				at := net.JoinHostPort(address, tcpPort)
				start := time.Now()
				if said, err := run(t, ns, "tcp", at, "x"); err == nil {
					t.Errorf("tcp %s: %q", at, said)
				}
				if took := time.Since(start); took > 10*time.Second {
					t.Errorf("tcp %s: took %v to be refused", at, took)
				}
				at = net.JoinHostPort(address, udpPort)
				if said, err := run(t, ns, "udp", at, "x", "300ms"); err == nil {
					t.Errorf("udp %s: %q", at, said)
				}
			}
		})
	}
}

// Abstract sockets belong to a network namespace.
func TestAbstractSocket(t *testing.T) {
	ns := newStep(t)
	at := listen(t, "unix", "@stepnet-test", answer)
	conn, err := net.Dial("unix", at)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	if said, err := run(t, ns, "unix", at, "x"); err == nil || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("%q, %v", said, err)
	}
}

// A step does not reach another one's sockets, by the address that both have or
// any other.
func TestStepsAreApart(t *testing.T) {
	one, two := newStep(t), newStep(t)
	at := net.JoinHostPort(own4.String(), "34568")
	served := make(chan error, 1)
	go func() {
		_, err := run(t, one, "serve", at, "2s")
		served <- err
	}()
	eventually(t, "the first step listens", func() bool {
		said, err := run(t, one, "tcp", at, "x")
		return said == "x" && err == nil
	})
	if said, err := run(t, two, "tcp", at, "x"); err == nil {
		t.Errorf("the other step reached it: %q", said)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}

// Every user may listen on low ports and ping, as in other engines.
func TestOpenPorts(t *testing.T) {
	ns := newStep(t)
	got, err := run(t, ns, "files", "/proc/sys/net/ipv4/ip_unprivileged_port_start", "/proc/sys/net/ipv4/ping_group_range")
	if err != nil || !strings.HasPrefix(got, "0, 0 ") {
		t.Errorf("%q, %v", got, err)
	}
}

// serve answers connections for a while.
func serve(at string, while time.Duration) error {
	l, err := net.Listen("tcp", at)
	if err != nil {
		return err
	}
	time.AfterFunc(while, func() { l.Close() })
	for {
		conn, err := l.Accept()
		if err != nil {
			return nil
		}
		text, _ := io.ReadAll(conn)
		_, _ = conn.Write(text)
		conn.Close()
	}
}
