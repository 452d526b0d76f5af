//go:build linux

package tool

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
)

// chown changes owners: chown [-R] [-h] USER[:[GROUP]]|:GROUP FILE...
func chown(ctx context.Context, p *Process) int { return p.chown(parseOwner) }

// chgrp changes groups.
func chgrp(ctx context.Context, p *Process) int {
	return p.chown(func(text string) (uid, gid int, err error) { return parseOwner(":" + text) })
}

func (p *Process) chown(parse func(string) (uid, gid int, err error)) int {
	o := p.options("RhcvfHLP", `
		recursive=R no-dereference=h changes=c verbose=v silent=f quiet=f dereference reference:
		from:`)
	var recursive, links, verbose, quiet bool
	reference := ""
	for o.next() {
		switch o.name {
		case "R":
			recursive = true
		case "h":
			links = true
		case "v", "c":
			verbose = true
		case "f":
			quiet = true
		case "reference":
			reference = o.arg
		case "from":
			return p.usage("--from is not supported")
		}
	}
	if o.err != nil {
		return p.usage("%v", o.err)
	}
	operands := o.args
	var uid, gid int
	var err error
	if reference != "" {
		info, err := os.Stat(p.path(reference))
		if err != nil {
			return p.fail(reference, err)
		}
		uid, gid = owner(info)
	} else {
		if len(operands) == 0 {
			return p.usage("missing operand")
		}
		if uid, gid, err = parse(operands[0]); err != nil {
			return p.usage("%v", err)
		}
		operands = operands[1:]
	}
	if len(operands) == 0 {
		return p.usage("missing operand")
	}
	change := func(path, name string, info fs.FileInfo) error {
		if verbose {
			fmt.Fprintf(p.out, "changed ownership of '%s'\n", name)
		}
		if links || info.Mode()&fs.ModeSymlink != 0 {
			return os.Lchown(path, uid, gid)
		}
		return os.Chown(path, uid, gid)
	}
	if links {
		return p.changeLinks(operands, recursive, quiet, change)
	}
	return p.changeEach(operands, recursive, quiet, change)
}

// changeLinks is changeEach without following named links.
func (p *Process) changeLinks(names []string, recursive, quiet bool, change func(path, name string, info fs.FileInfo) error) int {
	status := 0
	for _, name := range names {
		info, err := os.Lstat(p.path(name))
		if err == nil && info.Mode()&fs.ModeSymlink == 0 {
			status = max(status, p.changeEach([]string{name}, recursive, quiet, change))
			continue
		}
		if err == nil {
			err = change(p.path(name), name, info)
		}
		if err != nil {
			status = 1
			if !quiet {
				p.errorf("cannot access '%s': %s", name, reason(err))
			}
		}
	}
	return status
}

// parseOwner reads USER, USER:GROUP, USER: (with the user's own group) or :GROUP. What is not given is -1.
func parseOwner(text string) (uid, gid int, err error) {
	user, group, hasGroup := strings.Cut(text, ":")
	if !hasGroup && strings.Contains(text, ".") {
		if _, ok := idOf(passwdFile, text); !ok {
			user, group, hasGroup = strings.Cut(text, ".")
		}
	}
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
			var gid int
			_, err := fmt.Sscan(a.fields[3], &gid)
			return gid, err
		}
	}
	return 0, errors.New("no such user")
}

// owner returns the ids of a file's owner and group.
func owner(info fs.FileInfo) (uid, gid int) {
	st := info.Sys().(*syscall.Stat_t)
	return int(st.Uid), int(st.Gid)
}
