//go:build linux

package ociruntime

import (
	"fmt"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// enterRootfs builds the container's file system in this process's mount
// namespace and makes it "/". terminal is called when /dev is complete.
func enterRootfs(spec *specs.Spec, terminal func(rootDir) error) error {
	propagation, err := rootPropagation(spec.Linux.RootfsPropagation)
	if err != nil {
		return err
	}
	if err := unix.Mount("", "/", "", propagation, ""); err != nil {
		return fmt.Errorf("separate the container's mounts from the host's: %w", err)
	}
	root, err := mountRoot(spec.Root.Path)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, m := range spec.Mounts {
		if err := root.mount(m); err != nil {
			return err
		}
	}
	if !bindsDev(spec.Mounts) {
		if err := root.populateDev(spec.Linux.Devices); err != nil {
			return err
		}
	}
	if err := terminal(root); err != nil {
		return err
	}
	if cwd, err := root.ensure(spec.Process.Cwd, true); err == nil {
		cwd.Close() // where it fails, changing to it does, and says so
	}
	if err := root.restrict(spec); err != nil {
		return err
	}
	return root.pivot()
}

// rootPropagation are the mount(2) flags for "/": by default, mounts made on the
// host arrive in the container and never the other way.
func rootPropagation(name string) (uintptr, error) {
	if name == "" {
		return unix.MS_REC | unix.MS_SLAVE, nil
	}
	kind, ok := propagations[strings.TrimPrefix(name, "r")]
	if !ok || kind == unix.MS_SHARED || kind == unix.MS_UNBINDABLE {
		return 0, fmt.Errorf("root propagation %q is not supported by the built-in runtime: slave or private", name)
	}
	// The kernel refuses to change the root when any mount on the way is shared.
	return unix.MS_REC | uintptr(kind), nil
}

// mountRoot mounts the root folder, with what is mounted below it, on itself, so
// that it is a mount and can become "/". No device node in it can be opened.
func mountRoot(path string) (rootDir, error) {
	tree, err := cloneTree(unix.AT_FDCWD, path, true)
	if err != nil {
		return rootDir{}, fmt.Errorf("root folder: %w", explainMount(err))
	}
	attr := unix.MountAttr{Attr_set: unix.MOUNT_ATTR_NODEV}
	if err := unix.MountSetattr(int(tree.Fd()), "", unix.AT_EMPTY_PATH|unix.AT_RECURSIVE, &attr); err != nil {
		tree.Close()
		return rootDir{}, fmt.Errorf("root folder %s: keep devices in it from being opened: %w", path, explainMount(err))
	}
	if err := unix.MoveMount(int(tree.Fd()), "", unix.AT_FDCWD, path, unix.MOVE_MOUNT_F_EMPTY_PATH); err != nil {
		tree.Close()
		return rootDir{}, fmt.Errorf("root folder %s: %w", path, err)
	}
	return rootDir{tree}, nil
}

// restrict makes paths read-only and hides others, as the spec says, when all else
// is done.
func (r rootDir) restrict(spec *specs.Spec) error {
	if err := writeSysctls(r, spec.Linux.Sysctl); err != nil {
		return err
	}
	for _, path := range spec.Linux.ReadonlyPaths {
		if err := r.makeReadonly(path); err != nil {
			return err
		}
	}
	if err := r.maskAll(spec.Linux.MaskedPaths); err != nil {
		return err
	}
	if !spec.Root.Readonly {
		return nil
	}
	attr := unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY}
	if err := unix.MountSetattr(int(r.Fd()), "", unix.AT_EMPTY_PATH, &attr); err != nil {
		return fmt.Errorf("make the root read-only: %w", err)
	}
	return nil
}

// pivot makes the root "/" and lets go of the host's tree.
func (r rootDir) pivot() error {
	if err := unix.Fchdir(int(r.Fd())); err != nil {
		return fmt.Errorf("enter the root folder: %w", err)
	}
	// With both arguments the same, the old root ends up mounted over the new one.
	if err := unix.PivotRoot(".", "."); err != nil {
		return fmt.Errorf("change the root folder: %w", err)
	}
	if err := unix.Unmount(".", unix.MNT_DETACH); err != nil {
		return fmt.Errorf("detach the host's root: %w", err)
	}
	return unix.Chdir("/")
}
