//go:build linux

package stepnet

import (
	"context"
	"errors"
	"sync"

	"github.com/moby/buildkit/util/network"
)

// Provider makes networks for steps.
type Provider struct {
	limits limits
	tried  chan struct{} // closed once err is known
	err    error

	mu     sync.Mutex
	closed bool
	open   map[*namespace]struct{}
	// working is what makes or ends networks. It does not start from nothing once
	// closed is set.
	working sync.WaitGroup
}

var errClosed = errors.New("network of steps is closed")

// Start returns at once and tries to make a network.
func Start() *Provider {
	p := &Provider{limits: newLimits(), tried: make(chan struct{}), open: map[*namespace]struct{}{}}
	p.working.Go(p.try)
	return p
}

// try ends the network that it makes: a build may run no step, and at its end it
// would wait for it.
func (p *Provider) try() {
	var l *link
	l, p.err = newLink(deviceKinds...)
	close(p.tried)
	if p.err == nil {
		l.close()
	}
}

// Err tells, once a network was tried, why this machine has none.
func (p *Provider) Err() error {
	<-p.tried
	return p.err
}

// New returns a network for one step. To make one takes a few milliseconds.
func (p *Provider) New(ctx context.Context, _ string, _ network.NamespaceOptions) (network.Namespace, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if !p.begin() {
		return nil, errClosed
	}
	defer p.working.Done()
	l, err := newLink(deviceKinds...)
	if err != nil {
		return nil, err
	}
	ns, err := newNamespace(l, p.limits, &p.working)
	if err != nil {
		l.close()
		return nil, err
	}
	ns.forget = func() { p.forget(ns) }
	p.mu.Lock()
	closed := p.closed
	if !closed {
		p.open[ns] = struct{}{}
	}
	p.mu.Unlock()
	if closed {
		return nil, errors.Join(errClosed, ns.Close())
	}
	return ns, nil
}

// begin has Close wait for the caller, unless it was called.
func (p *Provider) begin() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.working.Add(1)
	}
	return !p.closed
}

func (p *Provider) forget(ns *namespace) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, ns)
}

// Close takes the network from the steps that still have one, and waits until
// nothing is left of any. New fails from then on.
func (p *Provider) Close() error {
	p.mu.Lock()
	p.closed = true
	var open []*namespace
	for ns := range p.open {
		open = append(open, ns)
	}
	p.mu.Unlock()
	var errs []error
	for _, ns := range open {
		errs = append(errs, ns.Close())
	}
	p.working.Wait()
	return errors.Join(errs...)
}
