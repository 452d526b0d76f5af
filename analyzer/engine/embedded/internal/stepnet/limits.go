//go:build linux

package stepnet

import "golang.org/x/sys/unix"

// limits bound what all steps together take of this process's descriptors, so
// that no step can keep the engine from opening files.
type limits struct{ connections, flows tokens }

// tokens are the right to one socket each.
type tokens chan struct{}

func (t tokens) take() bool {
	select {
	case t <- struct{}{}:
		return true
	default:
		return false
	}
}

func (t tokens) give() { <-t }

func newLimits() limits {
	most := uint64(4096)
	var files unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &files); err == nil {
		most = min(most, files.Cur/4)
	}
	return limits{connections: make(tokens, most), flows: make(tokens, most/4)}
}
