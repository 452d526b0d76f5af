//go:build linux

package stepnet

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/moby/buildkit/util/resolvconf"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
)

// nameService is where a step's resolver asks.
var nameService = netip.AddrPortFrom(gateway, 53)

// machineConfig is the resolver's configuration of the machine. Tests have
// another one.
var machineConfig = "/etc/resolv.conf"

// writeResolvConf writes the machine's resolv.conf with the gateway as the only
// name server, and returns the new file's path.
func writeResolvConf() (string, error) {
	config, err := resolvconf.Load(machineConfig)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read the machine's name servers: %w", err)
	}
	config.OverrideNameServers([]netip.Addr{gateway})
	text, err := config.Generate(false)
	if err != nil {
		return "", fmt.Errorf("write resolv.conf of a step: %w", err)
	}
	f, err := os.CreateTemp("", "step-resolv-*.conf")
	if err != nil {
		return "", fmt.Errorf("write resolv.conf of a step: %w", err)
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Chmod(0o644), f.Close())
	if err != nil {
		os.Remove(f.Name())
		return "", fmt.Errorf("write resolv.conf of a step: %w", err)
	}
	return f.Name(), nil
}

// nameServers are those of the machine as it is now: it may change its network
// during a build. Without any, resolvers ask the loopback, as resolv.conf(5)
// says.
func nameServers() []string {
	var servers []string
	if config, err := resolvconf.Load(machineConfig); err == nil {
		for _, a := range config.NameServers() {
			servers = append(servers, netip.AddrPortFrom(a, 53).String())
		}
	}
	if servers == nil {
		servers = []string{"127.0.0.1:53", "[::1]:53"}
	}
	return servers
}

// dialNameServer connects to the first name server that takes connections.
func dialNameServer(ctx context.Context) (net.Conn, error) {
	var errs []error
	for _, server := range nameServers() {
		conn, err := (&net.Dialer{Timeout: nameTimeout}).DialContext(ctx, "tcp", server)
		if err == nil {
			return conn, nil
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}

// nameTimeout is how long one name server may take before the next is asked.
// Resolvers give up after 5 seconds unless told otherwise.
const nameTimeout = 2 * time.Second

// maxQueries is how many queries of one flow may wait for an answer.
const maxQueries = 64

// answerNames hands each datagram of a flow on, and closes it when it is idle.
func (n *netstack) answerNames(inner *gonet.UDPConn) {
	defer inner.Close()
	defer context.AfterFunc(n.ctx, func() { inner.Close() })()
	var asked sync.WaitGroup
	defer asked.Wait()
	waiting := make(tokens, maxQueries)
	datagram := make([]byte, maxDatagram)
	for {
		if inner.SetReadDeadline(time.Now().Add(flowIdleName)) != nil {
			return
		}
		size, err := inner.Read(datagram)
		if err != nil {
			return
		}
		if !waiting.take() {
			continue // lost: it will be asked again
		}
		query := append([]byte(nil), datagram[:size]...)
		asked.Go(func() {
			defer waiting.give()
			if answer := ask(n.ctx, query); answer != nil {
				_, _ = inner.Write(answer)
			}
		})
	}
}

// ask returns the first answer that a name server of the machine gives, or nil.
func ask(ctx context.Context, query []byte) []byte {
	for _, server := range nameServers() {
		conn, err := (&net.Dialer{}).DialContext(ctx, "udp", server)
		if err != nil {
			continue
		}
		answer, err := exchange(ctx, conn, query)
		conn.Close()
		if err == nil {
			return answer
		}
	}
	return nil
}

// exchange sends a query, and reads until the answer with its number comes.
func exchange(ctx context.Context, conn net.Conn, query []byte) ([]byte, error) {
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if err := conn.SetDeadline(time.Now().Add(nameTimeout)); err != nil {
		return nil, err
	}
	if _, err := conn.Write(query); err != nil {
		return nil, err
	}
	answer := make([]byte, maxDatagram)
	for {
		size, err := conn.Read(answer)
		if err != nil {
			return nil, err
		}
		if size >= 2 && len(query) >= 2 && [2]byte(answer) == [2]byte(query) {
			return answer[:size], nil
		}
	}
}
