//go:build unix && !linux

package buildcontext

import (
	"os"

	"golang.org/x/sys/unix"
)

// list reads the names in an open folder, in no order.
func (h *handle) list([]byte) ([]found, error) {
	// Its own descriptor: the file closes the one that it has.
	fd, err := unix.FcntlInt(uintptr(h.fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), h.path)
	defer f.Close()
	entries, err := f.ReadDir(-1)
	if err != nil {
		return nil, err
	}
	all := make([]found, len(entries))
	for i, e := range entries {
		all[i] = found{e.Name(), posixMode(e.Type()) & typeMask}
	}
	return all, nil
}
