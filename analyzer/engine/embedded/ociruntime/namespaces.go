//go:build linux

package ociruntime

import (
	"errors"
	"fmt"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

var namespaceFlags = map[specs.LinuxNamespaceType]int{
	specs.CgroupNamespace:  unix.CLONE_NEWCGROUP,
	specs.IPCNamespace:     unix.CLONE_NEWIPC,
	specs.MountNamespace:   unix.CLONE_NEWNS,
	specs.NetworkNamespace: unix.CLONE_NEWNET,
	specs.PIDNamespace:     unix.CLONE_NEWPID,
	specs.UTSNamespace:     unix.CLONE_NEWUTS,
}

// namespaces says which namespaces of a container are new and which exist.
type namespaces struct {
	create int            // CLONE_NEW… flags
	join   map[int]string // CLONE_NEW… flag to the namespace's file
}

// has reports whether the container has a namespace of the kind apart from ours.
func (n namespaces) has(flag int) bool { return n.create&flag != 0 || n.join[flag] != "" }

// parseNamespaces reads the list of config.json. A new mount namespace is
// required: nothing else keeps the container's mounts from the host.
func parseNamespaces(list []specs.LinuxNamespace) (namespaces, error) {
	n := namespaces{join: map[int]string{}}
	for _, ns := range list {
		flag, ok := namespaceFlags[ns.Type]
		switch {
		case !ok:
			return n, fmt.Errorf("a namespace of type %q is not supported by the built-in runtime", ns.Type)
		case n.has(flag):
			return n, fmt.Errorf("namespace %s is listed twice", ns.Type)
		case ns.Path == "":
			n.create |= flag
		case flag == unix.CLONE_NEWNS:
			return n, errors.New("joining a mount namespace is not supported by the built-in runtime")
		default:
			n.join[flag] = ns.Path
		}
	}
	if n.create&unix.CLONE_NEWNS == 0 {
		return n, errors.New("a mount namespace is required")
	}
	return n, nil
}

// enter moves the calling thread into the namespaces to join, so that a process
// that it starts is in them. The caller has locked the thread for good.
func (n namespaces) enter() error {
	for flag, path := range n.join {
		fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			return fmt.Errorf("join namespace %s: %w", path, err)
		}
		err = unix.Setns(fd, flag)
		unix.Close(fd)
		if err != nil {
			return fmt.Errorf("join namespace %s: %w", path, err)
		}
	}
	return nil
}

// enableLoopback brings up lo in a new network namespace.
func enableLoopback() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("loopback interface: %w", err)
	}
	defer unix.Close(fd)
	request, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFFLAGS, request); err != nil {
		return fmt.Errorf("loopback interface: %w", err)
	}
	request.SetUint16(request.Uint16() | unix.IFF_UP)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, request); err != nil {
		return fmt.Errorf("loopback interface: %w", err)
	}
	return nil
}
