package tool

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// id prints user and group ids.
func id(_ context.Context, p *Process) int {
	f, ok := p.flags("ugGnr", "user=u group=g groups=G name=n real=r")
	if !ok {
		return 1
	}
	uid, gid := os.Geteuid(), os.Getegid()
	groups, _ := os.Getgroups()
	if len(f.args) > 0 {
		var known bool
		var err error
		if uid, known = idOf(passwdFile, f.args[0]); known {
			gid, err = loginGroup(uid)
		}
		if !known || err != nil {
			return p.usage("'%s': no such user", f.args[0])
		}
		groups = memberships(f.args[0])
	}
	if !slices.Contains(groups, gid) {
		groups = slices.Insert(groups, 0, gid)
	}
	show := func(names map[int]string, separator string, ids ...int) string {
		var texts []string
		for _, id := range ids {
			text := strconv.Itoa(id)
			if name, ok := names[id]; ok && f.on("n") {
				text = name
			} else if ok && !f.on("u", "g", "G") {
				text += "(" + name + ")"
			}
			texts = append(texts, text)
		}
		return strings.Join(texts, separator)
	}
	names := newNamer()
	switch {
	case f.on("u"):
		fmt.Fprintln(p.out, show(names.users, "", uid))
	case f.on("g"):
		fmt.Fprintln(p.out, show(names.groups, "", gid))
	case f.on("G"):
		fmt.Fprintln(p.out, show(names.groups, " ", groups...))
	default:
		fmt.Fprintf(p.out, "uid=%s gid=%s groups=%s\n",
			show(names.users, "", uid), show(names.groups, "", gid), show(names.groups, ",", groups...))
	}
	return 0
}

// memberships returns the groups that list a user.
func memberships(user string) []int {
	var ids []int
	for _, g := range accounts(groupFile) {
		if len(g.fields) > 3 && slices.Contains(strings.Split(g.fields[3], ","), user) {
			ids = append(ids, g.id)
		}
	}
	return ids
}

// whoami prints the user's name.
func whoami(_ context.Context, p *Process) int {
	name, ok := newNamer().users[os.Geteuid()]
	if !ok {
		return p.usage("cannot find name for user ID %d", os.Geteuid())
	}
	fmt.Fprintln(p.out, name)
	return 0
}

// uname prints what the system is. The machine is the program's, whatever the image's name for it.
func uname(_ context.Context, p *Process) int {
	f, ok := p.flags("asnrvmo", `all=a kernel-name=s nodename=n kernel-release=r kernel-version=v machine=m
		operating-system=o`)
	if !ok {
		return 1
	}
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return p.usage("cannot get system name: %s", reason(err))
	}
	var parts []string
	for _, field := range []struct{ letter, text string }{
		{"s", unix.ByteSliceToString(u.Sysname[:])}, {"n", unix.ByteSliceToString(u.Nodename[:])},
		{"r", unix.ByteSliceToString(u.Release[:])}, {"v", unix.ByteSliceToString(u.Version[:])},
		{"m", unix.ByteSliceToString(u.Machine[:])}, {"o", "GNU/Linux"},
	} {
		if f.on(field.letter, "a") || len(f.given) == 0 && field.letter == "s" {
			parts = append(parts, field.text)
		}
	}
	fmt.Fprintln(p.out, strings.Join(parts, " "))
	return 0
}

// nproc prints the number of processors.
func nproc(_ context.Context, p *Process) int {
	if _, ok := p.flags("", "all"); !ok {
		return 1
	}
	fmt.Fprintln(p.out, runtime.NumCPU())
	return 0
}

// account is a line of /etc/passwd or /etc/group. They are read here, and not through os/user,
// because that may call the C library, which looks for plug-ins that the image does not have.
type account struct {
	name   string
	id     int // user or group id
	fields []string
}

// accounts reads a file like /etc/passwd; a missing one is empty.
func accounts(path string) []account {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	var list []account
	for sc := bufio.NewScanner(f); sc.Scan(); {
		fields := strings.Split(sc.Text(), ":")
		if len(fields) < 3 {
			continue
		}
		if id, err := strconv.Atoi(fields[2]); err == nil {
			list = append(list, account{fields[0], id, fields})
		}
	}
	return list
}

const (
	passwdFile = "/etc/passwd"
	groupFile  = "/etc/group"
)

// idOf returns the id of a name in file. A number that is no name stands for itself.
func idOf(file, name string) (int, bool) {
	for _, a := range accounts(file) {
		if a.name == name {
			return a.id, true
		}
	}
	id, err := strconv.ParseUint(name, 10, 31)
	return int(id), err == nil
}

// namer looks up names of ids, and reads each file once.
type namer struct{ users, groups map[int]string }

func newNamer() *namer {
	return &namer{namesByID(passwdFile), namesByID(groupFile)}
}

func namesByID(file string) map[int]string {
	names := map[int]string{}
	for _, a := range accounts(file) {
		if _, ok := names[a.id]; !ok {
			names[a.id] = a.name
		}
	}
	return names
}

// nameOr returns the name of an id, or the number when it has none.
func nameOr(names map[int]string, id int) string {
	if name, ok := names[id]; ok {
		return name
	}
	return strconv.Itoa(id)
}
