//go:build linux

package sandbox

import (
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"strings"
)

// subidArgs returns the arguments of newuidmap and newgidmap, after the pid,
// that map the own ids to 0 and the subordinate ones to 1 and up; nil where the
// helpers or the ranges are missing.
func subidArgs(uid, gid int) (uidArgs, gidArgs []string) {
	for _, helper := range []string{"newuidmap", "newgidmap"} {
		if _, err := exec.LookPath(helper); err != nil {
			return nil, nil
		}
	}
	owners := []string{strconv.Itoa(uid)}
	if u, err := user.LookupId(owners[0]); err == nil {
		owners = append(owners, u.Username)
	}
	subuids, err := os.ReadFile("/etc/subuid")
	if err != nil {
		return nil, nil
	}
	subgids, err := os.ReadFile("/etc/subgid")
	if err != nil {
		return nil, nil
	}
	return mapArgs(uid, subidRanges(string(subuids), owners)), mapArgs(gid, subidRanges(string(subgids), owners))
}

type idRange struct{ first, size int }

// subidRanges reads the ranges of the named owners from a file as subuid(5)
// describes it. Lines that it does not understand are passed over.
func subidRanges(file string, owners []string) []idRange {
	var ranges []idRange
	for line := range strings.Lines(file) {
		fields := strings.Split(strings.TrimSpace(line), ":")
		if len(fields) != 3 {
			continue
		}
		for _, owner := range owners {
			if fields[0] != owner {
				continue
			}
			first, err1 := strconv.Atoi(fields[1])
			size, err2 := strconv.Atoi(fields[2])
			if err1 == nil && err2 == nil && size > 0 {
				ranges = append(ranges, idRange{first, size})
			}
			break
		}
	}
	return ranges
}

func mapArgs(own int, ranges []idRange) []string {
	if len(ranges) == 0 {
		return nil
	}
	args := []string{"0", strconv.Itoa(own), "1"}
	next := 1
	for _, r := range ranges {
		args = append(args, strconv.Itoa(next), strconv.Itoa(r.first), strconv.Itoa(r.size))
		next += r.size
	}
	return args
}
