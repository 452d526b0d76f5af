//go:build linux

package tool

import (
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
	o := p.options("ugGnrz", "user=u group=g groups=G name=n real=r")
	what, byName := "", false
	for o.next() {
		switch o.name {
		case "u", "g", "G":
			what = o.name
		case "n":
			byName = true
		}
	}
	if o.err != nil {
		return p.usage("%v", o.err)
	}
	uid, gid := os.Geteuid(), os.Getegid()
	groups, err := os.Getgroups()
	if err != nil {
		groups = nil
	}
	if len(o.args) > 0 {
		var ok bool
		if uid, ok = idOf(passwdFile, o.args[0]); !ok {
			return p.usage("'%s': no such user", o.args[0])
		}
		if gid, err = loginGroup(uid); err != nil {
			return p.usage("'%s': no such user", o.args[0])
		}
		groups = memberships(o.args[0])
	}
	if !slices.Contains(groups, gid) {
		groups = slices.Insert(groups, 0, gid)
	}
	names := newNamer()
	show := func(id int, name func(int) string) string {
		if byName {
			return name(id)
		}
		return strconv.Itoa(id)
	}
	switch what {
	case "u":
		fmt.Fprintln(p.out, show(uid, names.user))
	case "g":
		fmt.Fprintln(p.out, show(gid, names.group))
	case "G":
		var all []string
		for _, g := range groups {
			all = append(all, show(g, names.group))
		}
		fmt.Fprintln(p.out, strings.Join(all, " "))
	default:
		var all []string
		for _, g := range groups {
			all = append(all, labelled(g, names.groups))
		}
		fmt.Fprintf(p.out, "uid=%s gid=%s groups=%s\n", labelled(uid, names.users), labelled(gid, names.groups), strings.Join(all, ","))
	}
	return 0
}

// labelled writes an id as 0(root), without a name as 0.
func labelled(id int, names map[int]string) string {
	if name, ok := names[id]; ok {
		return fmt.Sprintf("%d(%s)", id, name)
	}
	return strconv.Itoa(id)
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

// groupsTool is the tool groups: it prints the names of a user's groups.
func groupsTool(ctx context.Context, p *Process) int {
	child := *p
	child.Args = append([]string{"id", "-Gn"}, p.Args[1:]...)
	return id(ctx, &child)
}

// uname prints what the system is. The machine is the program's, whatever the image's name for it.
func uname(_ context.Context, p *Process) int {
	o := p.options("asnrvmpio", `
		all=a kernel-name=s nodename=n kernel-release=r kernel-version=v machine=m processor=p
		hardware-platform=i operating-system=o`)
	which := ""
	for o.next() {
		which += o.name
	}
	if o.err != nil {
		return p.usage("%v", o.err)
	}
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return p.usage("cannot get system name: %s", reason(err))
	}
	if which == "" {
		which = "s"
	}
	if strings.Contains(which, "a") {
		which = "snrvmo"
	}
	var parts []string
	for _, f := range []struct{ letter, text string }{
		{"s", unix.ByteSliceToString(u.Sysname[:])}, {"n", unix.ByteSliceToString(u.Nodename[:])},
		{"r", unix.ByteSliceToString(u.Release[:])}, {"v", unix.ByteSliceToString(u.Version[:])},
		{"m", unix.ByteSliceToString(u.Machine[:])}, {"p", "unknown"}, {"i", "unknown"}, {"o", "GNU/Linux"},
	} {
		if strings.Contains(which, f.letter) {
			parts = append(parts, f.text)
		}
	}
	fmt.Fprintln(p.out, strings.Join(parts, " "))
	return 0
}

// arch prints the machine's name.
func arch(ctx context.Context, p *Process) int {
	child := *p
	child.Args = []string{"uname", "-m"}
	return uname(ctx, &child)
}

// hostname prints the host's name; a build step cannot set it.
func hostname(_ context.Context, p *Process) int {
	o := p.options("sfidI", "short=s fqdn=f")
	short := false
	for o.next() {
		short = short || o.name == "s"
	}
	if o.err != nil {
		return p.usage("%v", o.err)
	}
	if len(o.args) > 0 {
		return p.usage("you must be root to change the host name")
	}
	name, err := os.Hostname()
	if err != nil {
		return p.usage("%s", reason(err))
	}
	if short {
		name, _, _ = strings.Cut(name, ".")
	}
	fmt.Fprintln(p.out, name)
	return 0
}

// nproc prints the number of processors.
func nproc(_ context.Context, p *Process) int {
	o := p.options("", "all ignore:")
	ignore := 0
	for o.next() {
		if o.name == "ignore" {
			ignore, _ = strconv.Atoi(o.arg)
		}
	}
	if o.err != nil {
		return p.usage("%v", o.err)
	}
	fmt.Fprintln(p.out, max(runtime.NumCPU()-ignore, 1))
	return 0
}
