//go:build linux

package tool

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

// adduser adds a user to /etc/passwd. It answers to useradd too, and takes the options of
// busybox's, Debian's and shadow's. As busybox's, `adduser USER GROUP` adds a user to a group.
func adduser(_ context.Context, p *Process) int {
	o := p.options("h:g:s:G:SDHu:k:mMd:c:rUNlop:b:e:", `
		home=h home-dir=d create-home=m no-create-home=M gecos=c comment=c shell=s uid=u gid:
		ingroup=G groups: group user-group=U no-user-group=N system=r disabled-password
		disabled-login no-log-init=l non-unique=o skel=k quiet allow-bad-names badname force-badname
		password=p`)
	shadow := p.Name() == "useradd"
	u := newUser{id: -1, gid: -1, shell: "/bin/sh", makeHome: !shadow}
	for o.next() {
		if err := u.set(o.name, o.arg, shadow); err != nil {
			return p.usage("%v", err)
		}
	}
	if o.err != nil {
		return p.usage("%v", o.err)
	}
	switch {
	case len(o.args) == 2 && !shadow:
		return p.report(addMember(o.args[1], o.args[0]))
	case len(o.args) != 1:
		return p.usage("usage: %s [options] user", p.Name())
	}
	return p.report(u.add(p, o.args[0]))
}

// newUser is what adduser shall add.
type newUser struct {
	id, gid         int // -1: the next that is free; a group of the same name
	group           string
	extra           []string // further groups
	home, shell     string
	comment         string
	makeHome        bool
	system, noGroup bool
}

func (u *newUser) set(name, arg string, shadow bool) (err error) {
	switch name {
	case "u":
		u.id, err = strconv.Atoi(arg)
	case "h", "d":
		u.home = arg
	case "s":
		u.shell = arg
	case "c":
		u.comment = arg
	case "g":
		if shadow {
			u.group = arg
		} else {
			u.comment = arg
		}
	case "gid":
		u.group = arg
	case "G", "groups":
		if shadow || name == "groups" {
			u.extra = strings.Split(arg, ",")
		} else {
			u.group = arg
		}
	case "m":
		u.makeHome = true
	case "H", "M":
		u.makeHome = false
	case "S", "r":
		u.system = true
		u.makeHome = u.makeHome && shadow
	case "N":
		u.noGroup = true
	}
	return err
}

func (u *newUser) add(p *Process, name string) error {
	if err := checkAccountName(name); err != nil {
		return err
	}
	if slices.ContainsFunc(accounts(passwdFile), func(a account) bool { return a.name == name }) {
		return told(fmt.Sprintf("user '%s' already exists", name))
	}
	if u.id < 0 {
		u.id = freeID(passwdFile, u.system)
	}
	switch {
	case u.group != "":
		var ok bool
		if u.gid, ok = idOf(groupFile, u.group); !ok {
			return told(fmt.Sprintf("group '%s' does not exist", u.group))
		}
	case u.noGroup:
		u.gid = 100
	default:
		if gid, ok := idOf(groupFile, name); ok {
			u.gid = gid
		} else if err := addGroup(name, u.id, u.system); err != nil {
			return err
		} else {
			u.gid, _ = idOf(groupFile, name)
		}
	}
	if u.home == "" {
		u.home = "/home/" + name
	}
	line := fmt.Sprintf("%s:x:%d:%d:%s:%s:%s", name, u.id, u.gid, u.comment, u.home, u.shell)
	if err := appendLine(passwdFile, line); err != nil {
		return err
	}
	for _, g := range u.extra {
		if err := addMember(g, name); err != nil {
			return err
		}
	}
	if !u.makeHome {
		return nil
	}
	if err := os.MkdirAll(u.home, 0o755); err != nil {
		return because(err, "cannot create '%s'", u.home)
	}
	return because(os.Chown(u.home, u.id, u.gid), "cannot change the owner of '%s'", u.home)
}

// addgroup adds a group to /etc/group; it answers to groupadd too. `addgroup USER GROUP` adds a
// user to a group.
func addgroup(_ context.Context, p *Process) int {
	o := p.options("g:Srfo", "gid=g system=r force=f non-unique=o quiet")
	gid, system, force := -1, false, false
	for o.next() {
		switch o.name {
		case "g":
			var err error
			if gid, err = strconv.Atoi(o.arg); err != nil {
				return p.usage("invalid group ID '%s'", o.arg)
			}
		case "S", "r":
			system = true
		case "f":
			force = true
		}
	}
	if o.err != nil {
		return p.usage("%v", o.err)
	}
	switch len(o.args) {
	case 1:
		if _, ok := namedID(groupFile, o.args[0]); ok && force {
			return 0
		}
		return p.report(addGroup(o.args[0], gid, system))
	case 2:
		return p.report(addMember(o.args[1], o.args[0]))
	}
	return p.usage("usage: %s [options] group", p.Name())
}

// addGroup adds a group; with an id below 0, or one that another group has, it takes the next free one.
func addGroup(name string, gid int, system bool) error {
	if err := checkAccountName(name); err != nil {
		return err
	}
	if _, ok := namedID(groupFile, name); ok {
		return told(fmt.Sprintf("group '%s' already exists", name))
	}
	if gid < 0 {
		gid = freeID(groupFile, system)
	}
	return appendLine(groupFile, fmt.Sprintf("%s:x:%d:", name, gid))
}

// namedID is idOf for names alone.
func namedID(file, name string) (int, bool) {
	for _, a := range accounts(file) {
		if a.name == name {
			return a.id, true
		}
	}
	return 0, false
}

// addMember adds a user to a group's list.
func addMember(group, user string) error {
	data, err := os.ReadFile(groupFile)
	if err != nil {
		return because(err, "cannot read %s", groupFile)
	}
	lines := strings.Split(string(data), "\n")
	for i, line := range lines {
		fields := strings.Split(line, ":")
		if len(fields) < 4 || fields[0] != group && fields[2] != group {
			continue
		}
		members := strings.FieldsFunc(fields[3], func(r rune) bool { return r == ',' })
		if slices.Contains(members, user) {
			return nil
		}
		fields[3] = strings.Join(append(members, user), ",")
		lines[i] = strings.Join(fields, ":")
		return because(os.WriteFile(groupFile, []byte(strings.Join(lines, "\n")), 0o644), "cannot write %s", groupFile)
	}
	return told(fmt.Sprintf("group '%s' does not exist", group))
}

// freeID returns the next id: from 1000 on for people, from 999 down for the system.
func freeID(file string, system bool) int {
	used := map[int]bool{}
	for _, a := range accounts(file) {
		used[a.id] = true
	}
	id, step := 1000, 1
	if system {
		id, step = 999, -1
	}
	for used[id] {
		id += step
	}
	return id
}

func checkAccountName(name string) error {
	if name == "" || strings.ContainsAny(name, ":\n/ ") || name[0] == '-' {
		return told(fmt.Sprintf("invalid name '%s'", name))
	}
	return nil
}

// appendLine adds a line to a file like /etc/passwd.
func appendLine(path, line string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return because(err, "cannot change %s", path)
	}
	_, err = f.WriteString(line + "\n")
	return because(errors.Join(err, f.Close()), "cannot change %s", path)
}
