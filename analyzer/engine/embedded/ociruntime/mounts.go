//go:build linux

package ociruntime

import (
	"errors"
	"fmt"
	"os"
	"path"
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// mount makes one mount of config.json below the root.
func (r rootDir) mount(m specs.Mount) error {
	o, err := parseMountOptions(m)
	if err == nil {
		if !holdsDevices(m) {
			o.noDevices()
		}
		switch {
		case o.bind:
			err = r.bind(m.Source, m.Destination, o)
		case m.Type == "cgroup" || m.Type == "cgroup2":
			err = r.mountCgroup(m, o)
		case m.Type == "sysfs":
			err = r.mountSysfs(m, o)
		default:
			err = r.mountNew(m, o)
		}
	}
	if err != nil {
		return fmt.Errorf("mount %s on %s: %w", m.Type, m.Destination, explainMount(err))
	}
	return nil
}

// holdsDevices reports whether a mount is there for the devices that are made in
// it: /dev itself, and the terminals, which are a file system of their own.
func holdsDevices(m specs.Mount) bool {
	return m.Type == "devpts" || m.Type == "tmpfs" && path.Clean(m.Destination) == "/dev"
}

// noDevices keeps every device node in a mount, and in what is mounted below it,
// from being opened, whatever the options say.
func (o *mountOptions) noDevices() {
	const nodev = unix.MOUNT_ATTR_NODEV
	apply(&o.attr, attribute{set: nodev})
	if o.bind {
		apply(&o.subtree, attribute{set: nodev})
	}
}

// explainMount says what can be done about an error that mounting meets often.
func explainMount(err error) error {
	if errors.Is(err, unix.ENOSYS) {
		return fmt.Errorf("%w; the built-in runtime needs Linux 5.12 or newer, install runc for older ones", err)
	}
	return err
}

// bind mounts a copy of the tree at source. Its flags are changed while it hangs
// nowhere, and only those that are named: what the source's mount forbids
// (nosuid, nodev, noexec, read-only) stays, and in a user namespace must stay.
func (r rootDir) bind(source, destination string, o mountOptions) error {
	tree, err := cloneTree(unix.AT_FDCWD, source, o.recursive)
	if err != nil {
		return err
	}
	defer tree.Close()
	dir, err := isDir(tree)
	if err != nil {
		return err
	}
	if err := setAttributes(tree, o); err != nil {
		return err
	}
	target, err := r.ensure(destination, dir)
	if err != nil {
		return err
	}
	defer target.Close()
	return attach(tree, target)
}

// cloneTree copies the mount at a path, detached. With recursive all mounts below
// it come along.
func cloneTree(dirfd int, source string, recursive bool) (*os.File, error) {
	flags := uint(unix.OPEN_TREE_CLONE | unix.OPEN_TREE_CLOEXEC)
	if recursive {
		flags |= unix.AT_RECURSIVE
	}
	if source == "" {
		flags |= unix.AT_EMPTY_PATH
	}
	fd, err := unix.OpenTree(dirfd, source, flags)
	if err != nil {
		return nil, &os.PathError{Op: "clone mount", Path: source, Err: err}
	}
	return os.NewFile(uintptr(fd), source), nil
}

// attach puts a detached mount on target.
func attach(mount, target *os.File) error {
	err := unix.MoveMount(int(mount.Fd()), "", int(target.Fd()), "", unix.MOVE_MOUNT_F_EMPTY_PATH|unix.MOVE_MOUNT_T_EMPTY_PATH)
	if err != nil {
		return fmt.Errorf("attach: %w", err)
	}
	return nil
}

// setAttributes changes the flags and the propagation of a detached mount.
func setAttributes(mount *os.File, o mountOptions) error {
	set := func(flags uint, attr unix.MountAttr) error {
		if attr == (unix.MountAttr{}) {
			return nil
		}
		return unix.MountSetattr(int(mount.Fd()), "", flags|unix.AT_EMPTY_PATH, &attr)
	}
	if err := errors.Join(set(0, o.attr), set(unix.AT_RECURSIVE, o.subtree)); err != nil {
		return fmt.Errorf("set flags: %w", err)
	}
	for _, p := range o.propagation {
		flags := uint(0)
		if p.recursive {
			flags = unix.AT_RECURSIVE
		}
		if err := set(flags, unix.MountAttr{Propagation: p.kind}); err != nil {
			return fmt.Errorf("set propagation: %w", err)
		}
	}
	return nil
}

// mountNew mounts a new file system.
func (r rootDir) mountNew(m specs.Mount, o mountOptions) error {
	target, err := r.mountPoint(m)
	if err != nil {
		return err
	}
	defer target.Close()
	switch m.Type {
	case "devpts":
		o.data = dropUnmappedGroup(o.data)
	case "tmpfs":
		if err := defaultMode(&o, target); err != nil {
			return err
		}
	}
	for _, d := range o.data {
		if _, value, _ := strings.Cut(d, "="); len(value) > maxConfigValue {
			return mountLong(m, o, target)
		}
	}
	mount, err := newFilesystem(m.Type, m.Source, o)
	if err != nil {
		return err
	}
	defer mount.Close()
	if o.copyUp {
		if err := copyUp(target, mount); err != nil {
			return fmt.Errorf("copy the folder's content: %w", err)
		}
	}
	if err := setAttributes(mount, o); err != nil {
		return err
	}
	return attach(mount, target)
}

// mountPoint opens the folder to mount on. For proc and sysfs it must be a
// folder at that very path: with a symlink in between, an image could have them
// elsewhere and show false files in their place.
func (r rootDir) mountPoint(m specs.Mount) (*os.File, error) {
	if m.Type != "proc" && m.Type != "sysfs" {
		return r.ensure(m.Destination, true)
	}
	for range 2 {
		target, err := r.open(path.Clean("/"+m.Destination), unix.RESOLVE_NO_SYMLINKS)
		switch {
		case errors.Is(err, unix.ENOENT):
			made, err := r.ensure(m.Destination, true)
			if err != nil {
				return nil, err
			}
			made.Close()
		case errors.Is(err, unix.ELOOP):
			return nil, fmt.Errorf("%s of the image is or has a symlink; %s is mounted on an ordinary folder only", m.Destination, m.Type)
		default:
			return target, err
		}
	}
	return nil, &os.PathError{Op: "create", Path: m.Destination, Err: unix.ENOENT}
}

// maxConfigValue is the longest value fsconfig(2) takes, in bytes.
const maxConfigValue = 255

// newFilesystem makes a file system with a mount that is attached nowhere yet. The
// mount has its flags from the start, since a user namespace may only have some
// file systems with no fewer flags than the host's; with copyUp it has none.
func newFilesystem(kind, source string, o mountOptions) (*os.File, error) {
	context, err := unix.Fsopen(kind, unix.FSOPEN_CLOEXEC)
	if err != nil {
		return nil, err
	}
	defer unix.Close(context)
	if source != "" {
		err = unix.FsconfigSetString(context, "source", source)
	}
	for _, d := range o.data {
		if err != nil {
			break
		}
		if key, value, ok := strings.Cut(d, "="); ok {
			err = unix.FsconfigSetString(context, key, value)
		} else {
			err = unix.FsconfigSetFlag(context, key)
		}
		if err != nil {
			err = fmt.Errorf("option %s: %w", d, err)
		}
	}
	if err == nil {
		err = unix.FsconfigCreate(context)
	}
	if err != nil {
		return nil, withKernelLog(context, err)
	}
	flags := int(o.attr.Attr_set)
	if o.copyUp {
		flags = 0
	}
	fd, err := unix.Fsmount(context, unix.FSMOUNT_CLOEXEC, flags)
	if err != nil {
		return nil, withKernelLog(context, err)
	}
	return os.NewFile(uintptr(fd), kind), nil
}

// withKernelLog adds what the kernel has to say about a failed mount.
func withKernelLog(context int, err error) error {
	buf := make([]byte, 1024)
	n, readErr := unix.Read(context, buf)
	if readErr != nil || n < 3 {
		return err
	}
	return fmt.Errorf("%w (%s)", err, strings.TrimSpace(string(buf[2:n]))) // "e " or "w " stands before it
}

// mountLong mounts in the older way, which takes options of any length up to a
// page, as an overlay of many layers has.
func mountLong(m specs.Mount, o mountOptions, target *os.File) error {
	for _, p := range o.propagation {
		if p.kind == unix.MS_SHARED || p.kind == unix.MS_UNBINDABLE {
			return errors.New("only private and slave propagation is supported with long options")
		}
	}
	if o.copyUp || o.subtree != (unix.MountAttr{}) {
		return errors.New("tmpcopyup and recursive flags are not supported with long options")
	}
	// The handle is used as the current folder, so that no path is looked up.
	if err := unix.Fchdir(int(target.Fd())); err != nil {
		return err
	}
	err := unix.Mount(m.Source, ".", m.Type, mountFlags(o.attr.Attr_set), strings.Join(o.data, ","))
	return errors.Join(err, unix.Chdir("/"))
}

// defaultMode gives a tmpfs the mode of the folder it covers, unless one is asked
// for: that of /tmp must stay 1777.
func defaultMode(o *mountOptions, target *os.File) error {
	st, err := fileStat(target)
	if err == nil && o.option("mode") == "" {
		o.data = append(o.data, fmt.Sprintf("mode=%04o", st.Mode&0o7777))
	}
	return err
}

// dropUnmappedGroup removes gid= where that group does not exist in our user
// namespace: terminals then belong to the user's own group.
func dropUnmappedGroup(data []string) []string {
	var kept []string
	for _, d := range data {
		value, ok := strings.CutPrefix(d, "gid=")
		if gid, err := strconv.ParseUint(value, 10, 32); ok && err == nil && !idMapped("gid", uint32(gid)) {
			continue
		}
		kept = append(kept, d)
	}
	return kept
}
