//go:build linux

package ociruntime

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// defaultDevices are in every container, as the OCI runtime specification says.
var defaultDevices = []specs.LinuxDevice{
	{Path: "/dev/null", Type: "c", Major: 1, Minor: 3},
	{Path: "/dev/zero", Type: "c", Major: 1, Minor: 5},
	{Path: "/dev/full", Type: "c", Major: 1, Minor: 7},
	{Path: "/dev/random", Type: "c", Major: 1, Minor: 8},
	{Path: "/dev/urandom", Type: "c", Major: 1, Minor: 9},
	{Path: "/dev/tty", Type: "c", Major: 5, Minor: 0},
}

// devLinks are the symlinks that the specification asks for.
var devLinks = [][2]string{
	{"/proc/self/fd", "/dev/fd"},
	{"/proc/self/fd/0", "/dev/stdin"},
	{"/proc/self/fd/1", "/dev/stdout"},
	{"/proc/self/fd/2", "/dev/stderr"},
	{"pts/ptmx", "/dev/ptmx"},
}

// bindsDev reports whether /dev is a bind mount; its content is then not ours to make.
func bindsDev(mounts []specs.Mount) bool {
	found := false
	for _, m := range mounts {
		if path.Clean(m.Destination) == "/dev" {
			found, _ = isBind(m)
		}
	}
	return found
}

// populateDev makes the default devices, those of the configuration, and the links.
func (r rootDir) populateDev(devices []specs.LinuxDevice) error {
	listed := map[string]bool{}
	for _, d := range devices {
		listed[filepath.Clean(d.Path)] = true
	}
	for _, d := range defaultDevices {
		if !listed[d.Path] {
			if err := r.makeDevice(d); err != nil {
				return err
			}
		}
	}
	for _, d := range devices {
		if err := r.makeDevice(d); err != nil {
			return err
		}
	}
	for _, l := range devLinks {
		if err := r.symlink(l[0], l[1]); err != nil {
			return err
		}
	}
	return nil
}

// makeDevice makes a device node, or where that is refused (in a user namespace
// it always is) shows the host's node of the same path, of which nothing can be
// changed: neither mode nor owner.
func (r rootDir) makeDevice(d specs.LinuxDevice) error {
	err := r.mknod(d)
	if errors.Is(err, unix.EPERM) {
		err = r.bindDevice(d)
	}
	if err != nil {
		return fmt.Errorf("device %s: %w", d.Path, err)
	}
	return nil
}

var deviceTypes = map[string]uint32{"c": unix.S_IFCHR, "u": unix.S_IFCHR, "b": unix.S_IFBLK, "p": unix.S_IFIFO}

func (r rootDir) mknod(d specs.LinuxDevice) error {
	kind, ok := deviceTypes[d.Type]
	if !ok {
		return fmt.Errorf("type %q is not c, u, b or p", d.Type)
	}
	folder, name, err := r.ensureParent(d.Path)
	if err != nil {
		return err
	}
	defer folder.Close()
	mode, uid, gid := os.FileMode(0o666), 0, 0
	if d.FileMode != nil {
		mode = *d.FileMode
	}
	if d.UID != nil {
		uid = int(*d.UID)
	}
	if d.GID != nil {
		gid = int(*d.GID)
	}
	dev := unix.Mkdev(uint32(d.Major), uint32(d.Minor))
	err = unix.Mknodat(int(folder.Fd()), name, kind|uint32(mode.Perm()), int(dev))
	if errors.Is(err, unix.EEXIST) {
		return r.checkDevice(d, kind, dev)
	}
	if err != nil {
		return err
	}
	return unix.Fchownat(int(folder.Fd()), name, uid, gid, unix.AT_SYMLINK_NOFOLLOW)
}

// checkDevice accepts a node that was there before if it is the one asked for.
func (r rootDir) checkDevice(d specs.LinuxDevice, kind uint32, dev uint64) error {
	f, err := r.open(d.Path, unix.RESOLVE_NO_SYMLINKS)
	if err != nil {
		return err
	}
	defer f.Close()
	st, err := fileStat(f)
	if err == nil && (st.Mode&unix.S_IFMT != kind || uint64(st.Rdev) != dev) {
		err = unix.EEXIST
	}
	return err
}

func (r rootDir) bindDevice(d specs.LinuxDevice) error {
	tree, err := cloneTree(unix.AT_FDCWD, d.Path, false)
	if err != nil {
		return err
	}
	defer tree.Close()
	st, err := fileStat(tree)
	if err != nil {
		return err
	}
	if st.Mode&unix.S_IFMT != deviceTypes[d.Type] || uint64(st.Rdev) != unix.Mkdev(uint32(d.Major), uint32(d.Minor)) {
		return errors.New("the host's node of that path is another device")
	}
	// A device on a read-only mount can still be written to.
	attr := unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY | unix.MOUNT_ATTR_NOSUID | unix.MOUNT_ATTR_NOEXEC}
	if err := unix.MountSetattr(int(tree.Fd()), "", unix.AT_EMPTY_PATH, &attr); err != nil {
		return err
	}
	target, err := r.ensure(d.Path, false)
	if err != nil {
		return err
	}
	defer target.Close()
	return attach(tree, target)
}

// symlink makes a symlink, in place of what an image may have there.
func (r rootDir) symlink(target, link string) error {
	folder, name, err := r.ensureParent(link)
	if err != nil {
		return err
	}
	defer folder.Close()
	err = unix.Symlinkat(target, int(folder.Fd()), name)
	if errors.Is(err, unix.EEXIST) {
		err = unix.Unlinkat(int(folder.Fd()), name, 0)
		if err == nil {
			err = unix.Symlinkat(target, int(folder.Fd()), name)
		}
	}
	if err != nil {
		return fmt.Errorf("link %s: %w", link, err)
	}
	return nil
}

// ensureParent opens the folder of a path, made when missing, and returns the
// path's last name.
func (r rootDir) ensureParent(p string) (folder *os.File, name string, err error) {
	parent, name := splitPath(path.Clean("/" + p))
	if name == "" || strings.Contains(name, "/") {
		return nil, "", fmt.Errorf("%q is not a file's path", p)
	}
	folder, err = r.ensure(parent, true)
	return folder, name, err
}
