//go:build linux

package stepnet

import (
	"fmt"
	"os"
	"slices"
	"sync"

	resourcestypes "github.com/moby/buildkit/executor/resources/types"
	"github.com/opencontainers/runtime-spec/specs-go"
)

// namespace is the network of one step.
type namespace struct {
	link       *link
	stack      *netstack
	resolvConf string
	forget     func() // tells the provider; may be nil
	ending     *sync.WaitGroup
	close      sync.Once
	closeErr   error
}

// newNamespace takes the link. What is left to do after Close is counted in
// ending.
func newNamespace(l *link, limits limits, ending *sync.WaitGroup) (*namespace, error) {
	path, err := writeResolvConf()
	if err != nil {
		return nil, err
	}
	s, err := newNetstack(l, limits)
	if err != nil {
		os.Remove(path)
		return nil, err
	}
	return &namespace{link: l, stack: s, resolvConf: path, ending: ending}, nil
}

// Set has the step join the namespace, and ask its gateway for names.
func (n *namespace) Set(s *specs.Spec) error {
	// By the descriptor: an OCI runtime opens the path while it is a child of
	// this process.
	path := fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), n.link.netns.Fd())
	ns := specs.LinuxNamespace{Type: specs.NetworkNamespace, Path: path}
	s.Linux.Namespaces = slices.DeleteFunc(s.Linux.Namespaces, func(other specs.LinuxNamespace) bool {
		return other.Type == specs.NetworkNamespace
	})
	s.Linux.Namespaces = append(s.Linux.Namespaces, ns)
	for i := range s.Mounts {
		if s.Mounts[i].Destination == "/etc/resolv.conf" {
			s.Mounts[i].Source = n.resolvConf
		}
	}
	return nil
}

// Sample has nothing to tell, as with the machine's network.
func (n *namespace) Sample() (*resourcestypes.NetworkSample, error) { return nil, nil }

// Close ends all connections. Further calls return the same. The kernel takes some
// 20 milliseconds to end a device, for which no step waits.
func (n *namespace) Close() error {
	n.close.Do(func() {
		n.stack.cancel()
		n.closeErr = os.Remove(n.resolvConf)
		n.ending.Go(func() {
			n.stack.close()
			n.link.close()
		})
		if n.forget != nil {
			n.forget()
		}
	})
	return n.closeErr
}
