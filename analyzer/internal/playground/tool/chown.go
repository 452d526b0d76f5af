//go:build linux

package tool

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// chown changes owners: chown [-R] [-h] USER[:[GROUP]]|:GROUP FILE... chgrp takes a group alone.
func chown(_ context.Context, p *Process) int {
	f, ok := p.flags("RhcvfHLP", "recursive=R no-dereference=h changes=c verbose=v silent=f quiet=f reference:")
	if !ok {
		return 1
	}
	text, operands, err := p.operands(f, func(info fs.FileInfo) string {
		uid, gid := owner(info)
		if p.Name() == "chgrp" {
			return strconv.Itoa(gid)
		}
		return fmt.Sprintf("%d:%d", uid, gid)
	})
	if err != nil {
		return p.usage("%v", err)
	}
	if p.Name() == "chgrp" {
		text = ":" + text
	}
	uid, gid, err := parseOwner(text)
	if err != nil {
		return p.usage("%v", err)
	}
	return p.changeEach(operands, f, func(path, name string, info fs.FileInfo) error {
		if f.on("v", "c") {
			fmt.Fprintf(p.out, "changed ownership of '%s'\n", name)
		}
		if info.Mode()&fs.ModeSymlink != 0 {
			return os.Lchown(path, uid, gid)
		}
		return os.Chown(path, uid, gid)
	})
}

// parseOwner reads USER, USER:GROUP, USER: (with the user's own group) or :GROUP. What is not given is -1.
func parseOwner(text string) (uid, gid int, err error) {
	user, group, hasGroup := strings.Cut(text, ":")
	uid, gid = -1, -1
	var ok bool
	if user != "" {
		if uid, ok = idOf(passwdFile, user); !ok {
			return 0, 0, fmt.Errorf("invalid user: '%s'", text)
		}
	}
	switch {
	case group != "":
		if gid, ok = idOf(groupFile, group); !ok {
			return 0, 0, fmt.Errorf("invalid group: '%s'", text)
		}
	case hasGroup && user != "":
		if gid, err = loginGroup(uid); err != nil {
			return 0, 0, fmt.Errorf("invalid spec: '%s'", text)
		}
	}
	return uid, gid, nil
}

// loginGroup returns the group of a user in /etc/passwd.
func loginGroup(uid int) (int, error) {
	for _, a := range accounts(passwdFile) {
		if a.id == uid && len(a.fields) > 3 {
			return strconv.Atoi(a.fields[3])
		}
	}
	return 0, errors.New("no such user")
}

// owner returns the ids of a file's owner and group.
func owner(info fs.FileInfo) (uid, gid int) {
	st := info.Sys().(*syscall.Stat_t)
	return int(st.Uid), int(st.Gid)
}
