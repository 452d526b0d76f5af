//go:build linux

package stepnet

import (
	"encoding/binary"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

const known = "192.0.2.7" // the address of every name

// serveNames answers at port 53 of an address of the machine.
func serveNames(t *testing.T, address string) {
	t.Helper()
	at := net.JoinHostPort(address, "53")
	listen(t, "tcp", at, func(conn net.Conn) {
		size := make([]byte, 2)
		if _, err := io.ReadFull(conn, size); err != nil {
			return
		}
		query := make([]byte, binary.BigEndian.Uint16(size))
		if _, err := io.ReadFull(conn, query); err != nil {
			return
		}
		answer := answerName(query)
		_, _ = conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...))
	})
	conn, err := net.ListenPacket("udp", at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go func() {
		query := make([]byte, maxDatagram)
		for {
			n, from, err := conn.ReadFrom(query)
			if err != nil {
				return
			}
			_, _ = conn.WriteTo(answerName(query[:n]), from)
		}
	}()
}

func answerName(query []byte) []byte {
	var m dnsmessage.Message
	if m.Unpack(query) != nil || len(m.Questions) != 1 {
		return nil
	}
	m.Response, m.Additionals = true, nil
	q := m.Questions[0]
	if q.Type == dnsmessage.TypeA {
		m.Answers = []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 1},
			Body:   &dnsmessage.AResource{A: [4]byte(net.ParseIP(known).To4())},
		}}
	}
	answer, err := m.Pack()
	if err != nil {
		return nil
	}
	return answer
}

func TestNames(t *testing.T) {
	tests := map[string]struct{ served, config string }{
		"one":                         {machine4, "nameserver " + machine4},
		"by IPv6":                     {machine6, "nameserver " + machine6},
		"on the loopback":             {"127.0.0.53", "nameserver 127.0.0.53"},
		"on another loopback address": {onLoopback4, "nameserver " + onLoopback4},
		"none given":                  {"127.0.0.1", ""},
		"the first refuses":           {onLoopback4, "nameserver " + machine4 + "\nnameserver " + onLoopback4},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			configureMachine(t, tt.config+"\n")
			serveNames(t, tt.served)
			ns := newStep(t)
			for _, network := range []string{"udp", "tcp"} {
				if said, err := run(t, ns, "name", network, "example.test."); said != "["+known+"]" || err != nil {
					t.Errorf("%s: %q, %v", network, said, err)
				}
			}
		})
	}
}

// A name server that says nothing is passed over before a resolver gives up.
func TestSilentNameServer(t *testing.T) {
	configureMachine(t, "nameserver "+silent4+"\nnameserver "+machine4+"\n")
	serveNames(t, machine4)
	ns := newStep(t)
	for _, network := range []string{"udp", "tcp"} {
		start := time.Now()
		said, err := run(t, ns, "name", network, "example.test.")
		if said != "["+known+"]" || err != nil {
			t.Errorf("%s: %q, %v", network, said, err)
		}
		if took := time.Since(start); took < nameTimeout || took > 3*nameTimeout {
			t.Errorf("%s: took %v", network, took)
		}
	}
}

// The machine may change its network while a step runs.
func TestNameServersChange(t *testing.T) {
	path := configureMachine(t, "nameserver "+silent4+"\n")
	ns := newStep(t)
	if err := os.WriteFile(path, []byte("nameserver "+machine4+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	serveNames(t, machine4)
	if said, err := run(t, ns, "name", "udp", "example.test."); said != "["+known+"]" || err != nil {
		t.Errorf("%q, %v", said, err)
	}
}

func TestResolvConf(t *testing.T) {
	configureMachine(t, "search one.test two.test\noptions ndots:2\nnameserver 127.0.0.53\nnameserver 192.0.2.53\n")
	ns := newStep(t)
	text, err := os.ReadFile(ns.resolvConf)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"search one.test two.test\n", "options ndots:2\n", "nameserver " + gateway.String() + "\n"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("want %q in\n%s", want, text)
		}
	}
	if n := strings.Count(string(text), "nameserver "); n != 1 {
		t.Errorf("%d name servers in\n%s", n, text)
	}
	if info, err := os.Stat(ns.resolvConf); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}
