//go:build linux

package ociruntime

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// capabilityNames are Linux's, without CAP_, by number: include/uapi/linux/capability.h.
const capabilityNames = "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP " +
	"LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE " +
	"SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME " +
	"SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG " +
	"WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE"

// capSet is a set of capabilities, bit n for number n.
type capSet uint64

// capabilities are a process's five sets.
type capabilities struct {
	bounding, effective, inheritable, permitted, ambient capSet
}

// parseCapabilities reads the sets of config.json. None at all, nil, means none
// in every set, as an absent list means an empty one.
func parseCapabilities(c *specs.LinuxCapabilities) (capabilities, error) {
	if c == nil {
		return capabilities{}, nil
	}
	var caps capabilities
	for _, set := range []struct {
		names []string
		to    *capSet
	}{
		{c.Bounding, &caps.bounding},
		{c.Effective, &caps.effective},
		{c.Inheritable, &caps.inheritable},
		{c.Permitted, &caps.permitted},
		{c.Ambient, &caps.ambient},
	} {
		var err error
		if *set.to, err = parseCapSet(set.names); err != nil {
			return caps, err
		}
	}
	return caps, nil
}

func parseCapSet(names []string) (capSet, error) {
	known := strings.Fields(capabilityNames)
	var set capSet
	for _, name := range names {
		i := slices.Index(known, strings.TrimPrefix(strings.ToUpper(name), "CAP_"))
		if i < 0 {
			return 0, fmt.Errorf("unknown capability %q", name)
		}
		set |= 1 << i
	}
	return set, nil
}

// limitBounding drops all that is not in the bounding set, what this program has
// no name for included.
func (c capabilities) limitBounding() error {
	for i := range 64 {
		if c.bounding&(1<<i) != 0 {
			continue
		}
		err := unix.Prctl(unix.PR_CAPBSET_DROP, uintptr(i), 0, 0, 0)
		if errors.Is(err, unix.EINVAL) {
			return nil // the kernel has no more
		}
		if err != nil {
			return fmt.Errorf("drop capability %d from the bounding set: %w", i, err)
		}
	}
	return nil
}

// apply sets the other sets. They hold from the execution of the program on as
// capabilities(7) says: root gets the bounding set again, another user keeps the
// ambient set.
func (c capabilities) apply() error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	data := [2]unix.CapUserData{
		{Effective: uint32(c.effective), Permitted: uint32(c.permitted), Inheritable: uint32(c.inheritable)},
		{Effective: uint32(c.effective >> 32), Permitted: uint32(c.permitted >> 32), Inheritable: uint32(c.inheritable >> 32)},
	}
	if err := unix.Capset(&header, &data[0]); err != nil {
		return fmt.Errorf("set capabilities (permitted %#x, effective %#x, inheritable %#x): %w", c.permitted, c.effective, c.inheritable, err)
	}
	if err := unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); err != nil {
		return fmt.Errorf("clear ambient capabilities: %w", err)
	}
	for i := range 64 {
		if c.ambient&(1<<i) == 0 {
			continue
		}
		if err := unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_RAISE, uintptr(i), 0, 0); err != nil {
			return fmt.Errorf("raise ambient capability %d: %w", i, err)
		}
	}
	return nil
}
