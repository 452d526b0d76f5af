//go:build linux

package stepnet

import (
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
)

// devices are the kinds of device by name. Where the machine has no TUN device
// for us, that kind is left to the machines that have one: what is tested then is
// that the other one takes its place.
func devices(t *testing.T) map[string]func(*os.File) (device, error) {
	kinds := map[string]func(*os.File) (device, error){"veth": newVeth}
	f, err := os.OpenFile("/dev/net/tun", os.O_RDWR, 0)
	if err != nil {
		ns := newStep(t)
		if _, ok := ns.link.device.(*veth); !ok {
			t.Errorf("without a TUN device (%v), the device is a %T", err, ns.link.device)
		}
		return kinds
	}
	f.Close()
	kinds["tun"] = newTun
	return kinds
}

func TestReach(t *testing.T) {
	for name, kind := range devices(t) {
		t.Run(name, func(t *testing.T) {
			ns := newStep(t, kind)
			for _, address := range []string{machine4, machine6} {
				at := listen(t, "tcp", net.JoinHostPort(address, "0"), answer)
				if said, err := run(t, ns, "tcp", at, "hello"); said != "hello" || err != nil {
					t.Errorf("tcp %s: %q, %v", at, said, err)
				}
				at = listenUDP(t, address)
				if said, err := run(t, ns, "udp", at, "hello"); said != "hello" || err != nil {
					t.Errorf("udp %s: %q, %v", at, said, err)
				}
			}
			if said, err := run(t, ns, "interfaces"); said != "lo "+interfaceName || err != nil {
				t.Errorf("interfaces: %q, %v", said, err)
			}
		})
	}
}

// listenUDP sends every datagram back.
func listenUDP(t *testing.T, address string) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", net.JoinHostPort(address, "0"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go func() {
		datagram := make([]byte, maxDatagram)
		for {
			n, from, err := conn.ReadFrom(datagram)
			if err != nil {
				return
			}
			_, _ = conn.WriteTo(datagram[:n], from)
		}
	}()
	return conn.LocalAddr().String()
}

// A connection arrives whole, in both directions, with much under way.
func TestVolume(t *testing.T) {
	for name, kind := range devices(t) {
		t.Run(name, func(t *testing.T) {
			ns := newStep(t, kind)
			at := listen(t, "tcp", machine4+":0", send)
			if said, err := run(t, ns, "download", at); said != fmt.Sprint(volume, " bytes, 0 wrong") || err != nil {
				t.Errorf("download: %q, %v", said, err)
			}
			long := strings.Repeat("0123456789", 10_000) // the environment takes 128 KiB
			at = listen(t, "tcp", machine4+":0", answer)
			if said, err := run(t, ns, "tcp", at, long); said != long || err != nil {
				t.Errorf("upload: %d bytes, %v", len(said), err)
			}
		})
	}
}

const volume = 32 << 20

func send(conn net.Conn) {
	block := make([]byte, 1<<16)
	for i := range block {
		block[i] = byte(i * 7)
	}
	for range volume / len(block) {
		if _, err := conn.Write(block); err != nil {
			return
		}
	}
}

func receive(conn net.Conn) (string, error) {
	count, wrong := 0, 0
	block := make([]byte, 1<<16)
	for {
		n, err := conn.Read(block)
		for i, b := range block[:n] {
			if b != byte((count+i)*7) {
				wrong++
			}
		}
		count += n
		if err == io.EOF {
			return fmt.Sprint(count, " bytes, ", wrong, " wrong"), nil
		}
		if err != nil {
			return fmt.Sprint(count, " bytes, ", wrong, " wrong"), err
		}
	}
}

// What the machine refuses or breaks off, is refused or broken off.
func TestRefusedAndReset(t *testing.T) {
	ns := newStep(t)
	closed, err := net.Listen("tcp", machine4+":0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	if _, err := run(t, ns, "tcp", closed.Addr().String(), "x"); err == nil || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("closed port: %v", err)
	}
	at := listen(t, "tcp", machine4+":0", func(conn net.Conn) {
		_, _ = conn.Read(make([]byte, 1))
		_ = conn.(*net.TCPConn).SetLinger(0)
	})
	if _, err := run(t, ns, "tcp", at, "x"); err == nil || !strings.Contains(err.Error(), "reset") {
		t.Errorf("connection that the server reset: %v", err)
	}
}
