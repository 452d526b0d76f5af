//go:build linux

package stepnet

import (
	"context"
	"errors"
	"sync"

	"github.com/moby/buildkit/util/network"
)

// Provider makes networks for steps. One network is always made ahead, so that
// no step waits for it.
type Provider struct {
	limits limits
	next   chan made // of one

	mu     sync.Mutex
	closed bool
	open   map[*namespace]struct{}
}

// made is what came of making a network.
type made struct {
	link *link
	err  error
}

var errClosed = errors.New("network of steps is closed")

// Start returns at once and begins to make the first network.
func Start() *Provider {
	p := &Provider{limits: newLimits(), next: make(chan made, 1), open: map[*namespace]struct{}{}}
	go p.prepare()
	return p
}

// prepare must not be called again before its answer was taken from p.next.
func (p *Provider) prepare() {
	l, err := newLink(deviceKinds...)
	p.next <- made{l, err}
}

// Err tells, once the first network was tried, why this machine has none.
func (p *Provider) Err() error {
	m := <-p.next
	p.next <- m
	return m.err
}

// New returns a network for one step.
func (p *Provider) New(ctx context.Context, _ string, _ network.NamespaceOptions) (network.Namespace, error) {
	var m made
	select {
	case m = <-p.next:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	go p.prepare()
	if m.err != nil {
		return nil, m.err
	}
	ns, err := newNamespace(m.link, p.limits)
	if err != nil {
		m.link.close()
		return nil, err
	}
	p.mu.Lock()
	if !p.closed {
		p.open[ns] = struct{}{}
		ns.forget = func() { p.forget(ns) }
	}
	closed := p.closed
	p.mu.Unlock()
	if closed {
		return nil, errors.Join(errClosed, ns.Close())
	}
	return ns, nil
}

func (p *Provider) forget(ns *namespace) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, ns)
}

// Close takes the network from the steps that still have one. New fails from
// then on.
func (p *Provider) Close() error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil
	}
	p.closed = true
	var open []*namespace
	for ns := range p.open {
		open = append(open, ns)
	}
	p.mu.Unlock()
	if m := <-p.next; m.err == nil {
		m.link.close()
	}
	p.next <- made{err: errClosed}
	var errs []error
	for _, ns := range open {
		errs = append(errs, ns.Close())
	}
	return errors.Join(errs...)
}
