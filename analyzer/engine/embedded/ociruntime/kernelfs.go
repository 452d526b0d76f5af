//go:build linux

package ociruntime

import (
	"errors"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// mountSysfs mounts sysfs. It is refused in a network namespace that is not ours;
// then it is a read-only view of the /sys that is there.
func (r rootDir) mountSysfs(m specs.Mount, o mountOptions) error {
	err := r.mountNew(m, o)
	if !errors.Is(err, unix.EPERM) {
		return err
	}
	return r.bind("/sys", m.Destination, readOnlyView(o))
}

// mountCgroup mounts the cgroup file system, or a read-only view of the host's.
// Where neither can be had, as with the older hierarchies, there is none: control
// groups are not managed here, and nothing in a build needs to see them.
func (r rootDir) mountCgroup(m specs.Mount, o mountOptions) error {
	var st unix.Statfs_t
	if err := unix.Statfs("/sys/fs/cgroup", &st); err != nil || st.Type != unix.CGROUP2_SUPER_MAGIC {
		return nil
	}
	m.Type, m.Source = "cgroup2", "cgroup2"
	o.data = nil
	if r.mountNew(m, o) != nil {
		_ = r.bind("/sys/fs/cgroup", m.Destination, readOnlyView(o)) // see above
	}
	return nil
}

// readOnlyView are the options of a recursive read-only bind mount.
func readOnlyView(o mountOptions) mountOptions {
	o.bind, o.recursive, o.data = true, true, nil
	apply(&o.subtree, attribute{set: unix.MOUNT_ATTR_RDONLY})
	return o
}
