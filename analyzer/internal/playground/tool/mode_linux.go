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

	mode "github.com/tonistiigi/dchapes-mode"
)

// parseMode reads an octal or symbolic mode, for chmod and the -m of others.
func parseMode(text string, umask int) (mode.Set, error) {
	set, err := mode.ParseWithUmask(text, uint(umask))
	if err != nil {
		return set, fmt.Errorf("invalid mode: '%s'", text)
	}
	return set, nil
}

// MaskFromMode applies a symbolic mode, which says what is permitted, to a file mode creation mask.
func MaskFromMode(text string, mask int) (int, error) {
	set, err := parseMode(text, 0)
	if err != nil {
		return 0, err
	}
	return int(^set.Apply(fs.FileMode(^mask&0o777))) & 0o777, nil
}

// chmod changes permissions.
func chmod(_ context.Context, p *Process) int {
	protected := *p
	protected.Args = protectModes(p.Args)
	f, ok := protected.flags("Rcvf", "recursive=R changes=c verbose=v silent=f quiet=f reference:")
	if !ok {
		return 1
	}
	text, operands, err := p.operands(f, func(info fs.FileInfo) string { return fmt.Sprintf("%o", permissions(info.Mode())) })
	if err != nil {
		return p.usage("%v", err)
	}
	set, err := parseMode(strings.TrimPrefix(text, "\x00"), p.umask())
	if err != nil {
		return p.usage("%v", err)
	}
	return p.changeEach(operands, f, func(path, name string, info fs.FileInfo) error {
		if info.Mode()&fs.ModeSymlink != 0 {
			return nil // met while descending: its target is not part of the tree
		}
		changed := set.Apply(info.Mode())
		if f.on("v", "c") {
			fmt.Fprintf(p.out, "mode of '%s' changed to %04o\n", name, permissions(changed))
		}
		return os.Chmod(path, changed)
	})
}

// protectModes marks words like -x and -rwx, which are modes and not options, so that they are read
// as operands.
func protectModes(args []string) []string {
	marked := make([]string, 0, len(args))
	for _, a := range args {
		if len(a) > 1 && a[0] == '-' && strings.Trim(a[1:], "rwxXstugo+=-,") == "" && a != "--" {
			a = "\x00" + a
		}
		marked = append(marked, a)
	}
	return marked
}

// operands splits the operands of chmod and chown into what to set, which is the first one or read
// from the file of --reference, and the files to change.
func (p *Process) operands(f flags, of func(fs.FileInfo) string) (set string, names []string, err error) {
	names = f.args
	if f.on("reference") {
		info, err := os.Stat(p.path(f.value("reference")))
		if err != nil {
			return "", nil, because(err, "%s", f.value("reference"))
		}
		set = of(info)
	} else if len(names) > 0 {
		set, names = names[0], names[1:]
	}
	if len(names) == 0 {
		return "", nil, told("missing operand")
	}
	return set, names, nil
}

// umask returns the mask that the tool runs with.
func (p *Process) umask() int {
	if p.Umask >= 0 {
		return p.Umask
	}
	return Umask()
}

// permissions returns the low twelve bits of a mode as the kernel has them.
func permissions(m fs.FileMode) uint32 {
	bits := uint32(m.Perm())
	if m&fs.ModeSetuid != 0 {
		bits |= 0o4000
	}
	if m&fs.ModeSetgid != 0 {
		bits |= 0o2000
	}
	if m&fs.ModeSticky != 0 {
		bits |= 0o1000
	}
	return bits
}

// changeEach calls change with every named file and, with -R, with what lies below it. Named links
// are followed but with -h, others are not. It reports failures, but not with -f, and returns the
// exit status.
func (p *Process) changeEach(names []string, f flags, change func(path, name string, info fs.FileInfo) error) int {
	status := 0
	report := func(name string, err error) {
		status = 1
		if !f.on("f") {
			p.errorf("cannot access '%s': %s", name, reason(err))
		}
	}
	var below func(path, name string, info fs.FileInfo)
	below = func(path, name string, info fs.FileInfo) {
		if err := change(path, name, info); err != nil {
			report(name, err)
		}
		if !f.on("R") || !info.IsDir() {
			return
		}
		entries, err := os.ReadDir(path)
		if err != nil {
			report(name, err)
		}
		for _, e := range entries {
			if info, err := e.Info(); err != nil {
				report(join(name, e.Name()), err)
			} else {
				below(join(path, e.Name()), join(name, e.Name()), info)
			}
		}
	}
	stat := os.Stat
	if f.on("h") {
		stat = os.Lstat
	}
	for _, name := range names {
		if info, err := stat(p.path(name)); err != nil {
			report(name, err)
		} else {
			below(p.path(name), name, info)
		}
	}
	return status
}

// join adds a name to a folder's, without cleaning either.
func join(dir, name string) string { return strings.TrimSuffix(dir, "/") + "/" + name }

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
