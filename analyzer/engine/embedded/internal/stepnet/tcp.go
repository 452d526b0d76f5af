//go:build linux

package stepnet

import (
	"context"
	"io"
	"net"
	"sync"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/waiter"
)

// connect carries a connection that a step asks for. It is refused where the
// machine cannot make it.
func (n *netstack) connect(r *tcp.ForwarderRequest) {
	to := destination(r.ID())
	if !n.limits.connections.take() {
		r.Complete(true)
		return
	}
	defer n.limits.connections.give()
	var outer net.Conn
	var err error
	if to == nameService {
		outer, err = dialNameServer(n.ctx)
	} else {
		outer, err = dial(n.ctx, "tcp", to)
	}
	if err != nil {
		r.Complete(true)
		return
	}
	defer outer.Close()
	var events waiter.Queue
	inner, refused := r.CreateEndpoint(&events)
	r.Complete(refused != nil)
	if refused != nil {
		return
	}
	carry(n.ctx, gonet.NewTCPConn(&events, inner), inner, outer.(*net.TCPConn))
}

// carry copies both ways until both sides have ended, or one has broken: then
// the other one breaks too. It closes them.
func carry(ctx context.Context, inner *gonet.TCPConn, endpoint tcpip.Endpoint, outer *net.TCPConn) {
	breakBoth := sync.OnceFunc(func() {
		endpoint.Abort()
		_ = outer.SetLinger(0) // the end is a reset
		outer.Close()
	})
	defer context.AfterFunc(ctx, breakBoth)()
	var both sync.WaitGroup
	both.Go(func() {
		if copyAll(inner, outer) != nil || inner.CloseWrite() != nil {
			breakBoth()
		}
	})
	both.Go(func() {
		if copyAll(outer, inner) != nil || outer.CloseWrite() != nil {
			breakBoth()
		}
	})
	both.Wait()
	inner.Close()
	outer.Close()
}

// copyBytes is how much is copied at once.
const copyBytes = 256 << 10

var copyBuffers = sync.Pool{New: func() any { return new([copyBytes]byte) }}

// copyAll copies to the end of from. It keeps the connections' own ways to copy
// out of it: they use small buffers.
func copyAll(to io.Writer, from io.Reader) error {
	buffer := copyBuffers.Get().(*[copyBytes]byte)
	defer copyBuffers.Put(buffer)
	_, err := io.CopyBuffer(struct{ io.Writer }{to}, struct{ io.Reader }{from}, buffer[:])
	return err
}
