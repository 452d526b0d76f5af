//go:build linux

package sandbox

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// carriedRights are what an init needs that starts with root's ids in a user
// namespace that has no name for them.
var carriedRights = []uintptr{unix.CAP_SYS_ADMIN, unix.CAP_SETUID, unix.CAP_SETGID}

// carry takes a folder along into ids that may not get to it: the folders on the
// way belong to root, and are closed to everybody else. The init still has root's
// ids, opens the folder, and becomes root of its own namespace; only then it
// mounts the folder where it was. What it cannot search on the way it covers with
// an empty folder that has the rest of the way in it.
func carry(folder string) error {
	fd, err := unix.OpenTree(unix.AT_FDCWD, folder, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_RECURSIVE)
	if err != nil {
		return fmt.Errorf("open %s: %w; %s", folder, err, hint("/"))
	}
	tree := os.NewFile(uintptr(fd), folder)
	defer tree.Close()
	if err := becomeRoot(); err != nil {
		return err
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_SLAVE, ""); err != nil {
		return fmt.Errorf("detach mounts: %w; %s", err, hint("/"))
	}
	closed, err := firstClosed(folder)
	if err != nil || closed == "" {
		return err
	}
	const flags = unix.MS_NOSUID | unix.MS_NODEV
	if err := unix.Mount("tmpfs", closed, "tmpfs", flags, "mode=0755,size=1m"); err != nil {
		return fmt.Errorf("cover %s: %w", closed, err)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("cover %s: %w", closed, err)
	}
	if err := unix.MoveMount(fd, "", unix.AT_FDCWD, folder, unix.MOVE_MOUNT_F_EMPTY_PATH); err != nil {
		return fmt.Errorf("mount %s: %w", folder, err)
	}
	return nil
}

// becomeRoot changes to the namespace's own root, in all threads.
func becomeRoot() error {
	if err := syscall.Setgroups(nil); err != nil {
		return fmt.Errorf("leave root's groups: %w", err)
	}
	if err := syscall.Setresgid(0, 0, 0); err != nil {
		return fmt.Errorf("change to the range's first group: %w", err)
	}
	if err := syscall.Setresuid(0, 0, 0); err != nil {
		return fmt.Errorf("change to the range's first user: %w", err)
	}
	// The kernel forgot it with the ids.
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(syscall.SIGKILL), 0, 0, 0); err != nil {
		return fmt.Errorf("set parent-death signal: %w", err)
	}
	return nil
}

// firstClosed returns the first folder on the way that this process may not
// search, "" where it may search all.
func firstClosed(folder string) (string, error) {
	path := "/"
	for name := range strings.SplitSeq(strings.Trim(folder, "/"), "/") {
		path = filepath.Join(path, name)
		err := unix.Access(path, unix.X_OK)
		if errors.Is(err, unix.EACCES) {
			return path, nil
		}
		if err != nil {
			return "", fmt.Errorf("search %s: %w", path, err)
		}
	}
	return "", nil
}
