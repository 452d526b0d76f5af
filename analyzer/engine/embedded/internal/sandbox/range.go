//go:build linux

package sandbox

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Range is a block of user ids and one of group ids, of the same size.
type Range struct {
	UID  int `json:"uid"` // the first
	GID  int `json:"gid"` // the first
	Size int `json:"size"`
}

// rangeSize is what an image may need: nobody's id, 65534, is in it.
const rangeSize = 1 << 16

// Where a range is looked for that nobody has: above what directory services
// hand out by default, below what systemd keeps for itself.
const (
	firstUnused = 0x7E000000
	lastUnused  = 0x7FFE0000
)

// IsHostRoot reports whether this process is root where ids are the machine's
// own: in no user namespace, as far as can be told from inside.
func IsHostRoot() bool {
	if os.Geteuid() != 0 {
		return false
	}
	ids, err := os.ReadFile("/proc/self/uid_map")
	return err != nil || strings.Join(strings.Fields(string(ids)), " ") == "0 0 4294967295"
}

// OwnRange returns a range for programs that root keeps apart from itself and
// from everybody else: known, as long as it belongs to nobody else; else what
// /etc/subuid and /etc/subgid give root; else the first that no account's ids, and
// no range of subordinate ids, are in.
func OwnRange(known Range) (Range, error) { return ownRange("/", known) }

// ownRange reads the files of /etc below root.
func ownRange(root string, known Range) (Range, error) {
	users, err := readOwners(root, "passwd", "subuid")
	if err != nil {
		return Range{}, err
	}
	groups, err := readOwners(root, "group", "subgid")
	if err != nil {
		return Range{}, err
	}
	free := func(r Range) bool { return users.free(r.UID, r.Size) && groups.free(r.GID, r.Size) }
	if known.UID > 0 && known.GID > 0 && known.Size == rangeSize && free(known) {
		return known, nil
	}
	if r := (Range{UID: users.rootsFirst(), GID: groups.rootsFirst(), Size: rangeSize}); r.UID > 0 && r.GID > 0 && free(r) {
		return r, nil
	}
	for first := firstUnused; first+rangeSize <= lastUnused; first += rangeSize {
		if r := (Range{UID: first, GID: first, Size: rangeSize}); free(r) {
			return r, nil
		}
	}
	return Range{}, errors.New("every range of ids is taken: give root one in /etc/subuid and /etc/subgid")
}

// owners are the ids of one kind that somebody has.
type owners struct {
	others []idRange
	root   []idRange // subordinate ids of root
}

// readOwners reads a file of accounts and one of subordinate ids. A missing file
// names nobody.
func readOwners(root, accounts, subordinate string) (owners, error) {
	var o owners
	for _, name := range []string{accounts, subordinate} {
		text, err := os.ReadFile(filepath.Join(root, "etc", name))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return o, fmt.Errorf("find ids that nobody has: %w", err)
		}
		for line := range strings.Lines(string(text)) {
			fields := strings.Split(strings.TrimSpace(line), ":")
			if len(fields) < 3 {
				continue
			}
			r := idRange{size: 1}
			err := error(nil)
			if name == accounts {
				r.first, err = strconv.Atoi(fields[2])
			} else {
				r.first, err = strconv.Atoi(fields[1])
				r.size, _ = strconv.Atoi(fields[2])
			}
			switch {
			case err != nil:
			case name == subordinate && (fields[0] == "root" || fields[0] == "0"):
				o.root = append(o.root, r)
			default:
				o.others = append(o.others, r)
			}
		}
	}
	return o, nil
}

func (o owners) free(first, size int) bool {
	for _, other := range o.others {
		if first < other.first+other.size && other.first < first+size {
			return false
		}
	}
	return true
}

// rootsFirst is where root's first large enough range begins, 0 where it has none.
func (o owners) rootsFirst() int {
	for _, r := range o.root {
		if r.size >= rangeSize {
			return r.first
		}
	}
	return 0
}
