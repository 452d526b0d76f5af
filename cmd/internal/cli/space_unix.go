//go:build linux || darwin || freebsd

package cli

import "golang.org/x/sys/unix"

// freeBytes is the room on the disk of a path.
func freeBytes(path string) (uint64, bool) {
	var st unix.Statfs_t
	if err := unix.Statfs(nearest(path), &st); err != nil {
		return 0, false
	}
	return uint64(st.Bavail) * uint64(st.Bsize), true
}
