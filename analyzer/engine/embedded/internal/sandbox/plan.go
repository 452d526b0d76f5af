//go:build linux

package sandbox

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// IDs is a way to map user and group ids.
type IDs string

// The ways, from the most able to the least. Files that one way made can be
// read by those before it.
const (
	IDsHost   IDs = "root"         // no user namespace
	IDsAll    IDs = "all ids"      // a user namespace in which every id is itself
	IDsSubids IDs = "subordinate"  // own id as root, and those of /etc/subuid
	IDsSingle IDs = "own id alone" // own id as root, and no other
	// IDsApart are a Range that belongs to nobody, the first of it as root. Only
	// root can have them.
	IDsApart IDs = "a range apart"
)

// plan is one kind of namespaces.
type plan struct {
	ids        IDs
	flags      uintptr
	uids, gids []syscall.SysProcIDMap
	setgroups  bool
	rights     []uintptr // that the init keeps, whose own ids are not mapped
	// For IDsSubids: arguments of newuidmap and newgidmap after the pid.
	uidArgs, gidArgs []string
}

const own = syscall.CLONE_NEWNS | syscall.CLONE_NEWPID

// apartPlan has the ids of a range.
func apartPlan(r Range) plan {
	return plan{
		ids:       IDsApart,
		flags:     own | syscall.CLONE_NEWUSER,
		uids:      []syscall.SysProcIDMap{{ContainerID: 0, HostID: r.UID, Size: r.Size}},
		gids:      []syscall.SysProcIDMap{{ContainerID: 0, HostID: r.GID, Size: r.Size}},
		setgroups: true,
		rights:    carriedRights,
	}
}

// plansFor returns what to try, in this order.
func plansFor(euid int) []plan {
	single := plan{
		ids:   IDsSingle,
		flags: own | syscall.CLONE_NEWUSER,
		uids:  []syscall.SysProcIDMap{{ContainerID: 0, HostID: euid, Size: 1}},
		gids:  []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}},
	}
	if euid == 0 {
		// Root in a container often lacks the right to make namespaces, and
		// may still make a user namespace that has it.
		return []plan{{ids: IDsHost, flags: own}, {
			ids:       IDsAll,
			flags:     own | syscall.CLONE_NEWUSER,
			uids:      sameIDs("/proc/self/uid_map"),
			gids:      sameIDs("/proc/self/gid_map"),
			setgroups: true,
		}, single}
	}
	uidArgs, gidArgs := subidArgs(euid, os.Getegid())
	if uidArgs == nil || gidArgs == nil {
		return []plan{single}
	}
	return []plan{{
		ids:     IDsSubids,
		flags:   own | syscall.CLONE_NEWUSER,
		uidArgs: uidArgs,
		gidArgs: gidArgs,
	}, single}
}

// sameIDs maps every id of the current user namespace to itself.
func sameIDs(idMap string) []syscall.SysProcIDMap {
	text, err := os.ReadFile(idMap)
	if err != nil {
		return nil
	}
	var same []syscall.SysProcIDMap
	for line := range strings.Lines(string(text)) {
		var inside, outside, size int
		if _, err := fmt.Sscan(line, &inside, &outside, &size); err != nil {
			return nil
		}
		same = append(same, syscall.SysProcIDMap{ContainerID: inside, HostID: inside, Size: size})
	}
	return same
}

// mapIDs does what the kernel leaves to the setuid helpers.
func (p plan) mapIDs(pid int) error {
	if p.ids != IDsSubids {
		return nil
	}
	for _, helper := range []struct {
		name string
		args []string
	}{{"newuidmap", p.uidArgs}, {"newgidmap", p.gidArgs}} {
		args := append([]string{strconv.Itoa(pid)}, helper.args...)
		if out, err := exec.Command(helper.name, args...).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s", helper.name, err, strings.TrimSpace(string(out)))
		}
	}
	return nil
}
