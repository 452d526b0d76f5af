//go:build linux

package stepnet

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
	"gvisor.dev/gvisor/pkg/waiter"
)

// flowIdle is how long a UDP flow lasts without a datagram; one to a name server
// ends sooner, since a resolver asks from a new port each time.
const (
	flowIdle     = 90 * time.Second
	flowIdleName = 15 * time.Second
)

const maxDatagram = 1 << 16

// datagram takes the first datagram of a flow, and carries the flow. One that is
// refused is answered with an ICMP message.
func (n *netstack) datagram(r *udp.ForwarderRequest) bool {
	to := destination(r.ID())
	if to != nameService && forbidden(to.Addr()) || !n.limits.flows.take() {
		return false
	}
	var outer net.Conn
	if to != nameService {
		var err error
		outer, err = dial(n.ctx, "udp", to) // sends nothing
		if err != nil {
			n.limits.flows.give()
			return false
		}
	}
	var events waiter.Queue
	// In this call, so that the next datagram finds the endpoint.
	endpoint, refused := r.CreateEndpoint(&events)
	if refused != nil {
		if outer != nil {
			outer.Close()
		}
		n.limits.flows.give()
		return true
	}
	inner := gonet.NewUDPConn(&events, endpoint)
	go func() {
		defer n.limits.flows.give()
		if outer == nil {
			n.answerNames(inner)
			return
		}
		idle := flowIdle
		if to.Port() == nameService.Port() {
			idle = flowIdleName
		}
		carryFlow(n.ctx, inner, outer, idle)
	}()
	return true
}

// carryFlow copies datagrams both ways until none came for a while. It closes
// both sides.
func carryFlow(ctx context.Context, inner, outer net.Conn, idle time.Duration) {
	end := sync.OnceFunc(func() {
		inner.Close()
		outer.Close()
	})
	defer context.AfterFunc(ctx, end)()
	var last atomic.Int64 // when a datagram came, in nanoseconds
	last.Store(time.Now().UnixNano())
	oneWay := func(to, from net.Conn) {
		defer end()
		datagram := make([]byte, maxDatagram)
		for {
			quiet := time.Since(time.Unix(0, last.Load()))
			if quiet >= idle || from.SetReadDeadline(time.Now().Add(idle-quiet)) != nil {
				return
			}
			size, err := from.Read(datagram)
			if isTimeout(err) {
				continue
			}
			if err != nil {
				return
			}
			last.Store(time.Now().UnixNano())
			_, _ = to.Write(datagram[:size]) // may be lost
		}
	}
	var both sync.WaitGroup
	both.Go(func() { oneWay(inner, outer) })
	both.Go(func() { oneWay(outer, inner) })
	both.Wait()
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}
