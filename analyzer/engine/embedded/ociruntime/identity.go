//go:build linux

package ociruntime

import (
	"errors"
	"fmt"
	"syscall"
	"unsafe"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// changeIdentity sets user, groups and capabilities of this thread. Raw system
// calls throughout: Go's own would change every thread, and deadlock or fail on
// those the filter is not loaded for.
func changeIdentity(p *specs.Process) error {
	caps, err := parseCapabilities(p.Capabilities)
	if err != nil {
		return err
	}
	if err := caps.limitBounding(); err != nil {
		return err
	}
	// Without it, the change to another user would drop all that capset is to keep.
	if err := unix.Prctl(unix.PR_SET_KEEPCAPS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("keep capabilities: %w", err)
	}
	if err := setUser(p.User); err != nil {
		return err
	}
	if err := unix.Prctl(unix.PR_SET_KEEPCAPS, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("keep capabilities: %w", err)
	}
	return caps.apply()
}

func setUser(user specs.User) error {
	if err := setGroups(user); err != nil {
		return err
	}
	gid, uid := uintptr(user.GID), uintptr(user.UID)
	if _, _, errno := unix.RawSyscall(sysSetresgid, gid, gid, gid); errno != 0 {
		return fmt.Errorf("change to group %d: %w", gid, explainID(errno, "gid", user.GID))
	}
	if _, _, errno := unix.RawSyscall(sysSetresuid, uid, uid, uid); errno != 0 {
		return fmt.Errorf("change to user %d: %w", uid, explainID(errno, "uid", user.UID))
	}
	return nil
}

// setGroups sets the supplementary groups. Groups without a mapping in our user
// namespace are left out: no file can belong to them here. Where groups cannot be
// set at all, as with a single mapped id, that is no error if none but the main
// group is left to set.
func setGroups(user specs.User) error {
	var groups []uint32
	needed := false
	for _, gid := range user.AdditionalGids {
		if idMapped("gid", gid) {
			groups = append(groups, gid)
			needed = needed || gid != user.GID
		}
	}
	errno := setgroups(groups)
	if errno == 0 || errno == unix.EPERM && !needed {
		return nil
	}
	return fmt.Errorf("set supplementary groups %v: %w", groups, errno)
}

// explainID says what EINVAL means for an id.
func explainID(errno syscall.Errno, kind string, id uint32) error {
	if errno == unix.EINVAL && !idMapped(kind, id) {
		return errors.New("it has no mapping in this user namespace; ranges in /etc/subuid and /etc/subgid, with newuidmap and newgidmap, give more than one")
	}
	return errno
}

// setgroups sets this thread's supplementary groups; the error is 0 or an errno.
func setgroups(groups []uint32) syscall.Errno {
	first := unsafe.Pointer(unsafe.SliceData(groups))
	_, _, errno := unix.RawSyscall(sysSetgroups, uintptr(len(groups)), uintptr(first), 0)
	return errno
}
