//go:build linux

package ociruntime

import (
	"fmt"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// mountOptions is the parsed option list of a mount in config.json.
type mountOptions struct {
	bind        bool
	recursive   bool           // rbind
	attr        unix.MountAttr // flags of the mount itself
	subtree     unix.MountAttr // flags of the mount and all below it (rro, rnosuid, …)
	propagation []propagation  // in the order given
	copyUp      bool           // tmpcopyup
	data        []string       // for the file system: key or key=value
}

// propagation is one change of what a mount passes on to its copies.
type propagation struct {
	kind      uint64 // MS_SHARED, MS_SLAVE, MS_PRIVATE or MS_UNBINDABLE
	recursive bool
}

// attribute is what an option does to a mount's flags: clear, then set.
type attribute struct{ set, clear uint64 }

var attributes = map[string]attribute{
	"ro":            {set: unix.MOUNT_ATTR_RDONLY},
	"rw":            {clear: unix.MOUNT_ATTR_RDONLY},
	"nosuid":        {set: unix.MOUNT_ATTR_NOSUID},
	"suid":          {clear: unix.MOUNT_ATTR_NOSUID},
	"nodev":         {set: unix.MOUNT_ATTR_NODEV},
	"dev":           {clear: unix.MOUNT_ATTR_NODEV},
	"noexec":        {set: unix.MOUNT_ATTR_NOEXEC},
	"exec":          {clear: unix.MOUNT_ATTR_NOEXEC},
	"nodiratime":    {set: unix.MOUNT_ATTR_NODIRATIME},
	"diratime":      {clear: unix.MOUNT_ATTR_NODIRATIME},
	"nosymfollow":   {set: unix.MOUNT_ATTR_NOSYMFOLLOW},
	"symfollow":     {clear: unix.MOUNT_ATTR_NOSYMFOLLOW},
	"relatime":      {set: unix.MOUNT_ATTR_RELATIME, clear: unix.MOUNT_ATTR__ATIME},
	"norelatime":    {clear: unix.MOUNT_ATTR__ATIME},
	"noatime":       {set: unix.MOUNT_ATTR_NOATIME, clear: unix.MOUNT_ATTR__ATIME},
	"atime":         {clear: unix.MOUNT_ATTR__ATIME},
	"strictatime":   {set: unix.MOUNT_ATTR_STRICTATIME, clear: unix.MOUNT_ATTR__ATIME},
	"nostrictatime": {clear: unix.MOUNT_ATTR__ATIME},
}

var propagations = map[string]uint64{
	"shared": unix.MS_SHARED, "slave": unix.MS_SLAVE, "private": unix.MS_PRIVATE, "unbindable": unix.MS_UNBINDABLE,
}

// parseMountOptions reads fstab-style options. A later one wins over an earlier
// one. What is no flag is for the file system.
func parseMountOptions(m specs.Mount) (mountOptions, error) {
	o := mountOptions{bind: m.Type == "bind"}
	for _, name := range m.Options {
		inner, isRecursive := strings.CutPrefix(name, "r")
		a, isAttr := attributes[name]
		sub, isSub := attributes[inner]
		kind, isPropagation := propagations[name]
		rkind, isRPropagation := propagations[inner]
		switch {
		case name == "bind" || name == "rbind":
			o.bind, o.recursive = true, name == "rbind"
		case isAttr:
			apply(&o.attr, a)
		case isRecursive && isSub:
			apply(&o.subtree, sub)
		case isPropagation:
			o.propagation = append(o.propagation, propagation{kind, false})
		case isRecursive && isRPropagation:
			o.propagation = append(o.propagation, propagation{rkind, true})
		case name == "tmpcopyup":
			o.copyUp = true
		case name == "defaults" || name == "":
		case name == "remount" || name == "idmap" || name == "ridmap":
			return o, fmt.Errorf("mount option %s is not supported by the built-in runtime", name)
		default:
			o.data = append(o.data, name)
		}
	}
	if o.copyUp && m.Type != "tmpfs" {
		return o, fmt.Errorf("mount option tmpcopyup is for tmpfs only, not for %s", m.Type)
	}
	if o.bind {
		o.data = nil // the file system is mounted already, and the kernel ignores them too
	}
	return o, nil
}

func isBind(m specs.Mount) (bool, error) {
	o, err := parseMountOptions(m)
	return o.bind, err
}

func apply(attr *unix.MountAttr, a attribute) {
	attr.Attr_set = attr.Attr_set&^a.clear | a.set
	attr.Attr_clr = attr.Attr_clr&^a.set | a.clear
	// The kernel wants all access time bits cleared together when one is set.
	if attr.Attr_set&unix.MOUNT_ATTR__ATIME != 0 {
		attr.Attr_clr |= unix.MOUNT_ATTR__ATIME
	}
}

// mountFlags are the flags of mount(2) for those of a new mount.
func mountFlags(attr uint64) uintptr {
	flags := uintptr(attr & (unix.MOUNT_ATTR_RDONLY | unix.MOUNT_ATTR_NOSUID | unix.MOUNT_ATTR_NODEV | unix.MOUNT_ATTR_NOEXEC))
	for _, f := range []struct {
		attr uint64
		flag uintptr
	}{
		{unix.MOUNT_ATTR_NOATIME, unix.MS_NOATIME},
		{unix.MOUNT_ATTR_STRICTATIME, unix.MS_STRICTATIME},
		{unix.MOUNT_ATTR_NODIRATIME, unix.MS_NODIRATIME},
		{unix.MOUNT_ATTR_NOSYMFOLLOW, unix.MS_NOSYMFOLLOW},
	} {
		if attr&f.attr != 0 {
			flags |= f.flag
		}
	}
	return flags
}

// option returns the value of the last data option key=value, "" when there is none.
func (o mountOptions) option(key string) string {
	value := ""
	for _, d := range o.data {
		if v, ok := strings.CutPrefix(d, key+"="); ok {
			value = v
		}
	}
	return value
}
