//go:build linux

package tool

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// stat prints what is known about files, with -c by a format.
func stat(_ context.Context, p *Process) int {
	f, ok := p.flags("c:L", "format=c dereference=L printf:")
	if !ok {
		return 1
	}
	if len(f.args) == 0 {
		return p.usage("missing operand")
	}
	format := "  File: %N\n  Size: %-10s\tBlocks: %-10b %F\nInode: %-10i  Links: %h\n" +
		"Access: (%04a/%A)  Uid: (%5u/%8U)   Gid: (%5g/%8G)\nAccess: %x\nModify: %y\nChange: %z\n"
	switch {
	case f.on("printf"):
		format, _ = unescape(f.value("printf"), false)
	case f.on("c"):
		format = f.value("c") + "\n"
	}
	look := os.Lstat
	if f.on("L") {
		look = os.Stat
	}
	status := 0
	for _, name := range f.args {
		info, err := look(p.path(name))
		if err != nil {
			status = p.usage("cannot statx '%s': %s", name, reason(err))
			continue
		}
		p.out.WriteString(formatStat(format, p.statFields(name, info)))
	}
	return status
}

// formatStat replaces %LETTER, with a width or other flags between the two, by a field.
func formatStat(format string, fields map[byte]string) string {
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			b.WriteByte(format[i])
			continue
		}
		start := i + 1
		for i++; i+1 < len(format) && strings.IndexByte("-0123456789.", format[i]) >= 0; i++ {
		}
		flags := format[start:i]
		field, ok := fields[format[i]]
		if !ok {
			field = "?"
		}
		if width, err := strconv.Atoi(flags); err == nil && flags[0] == '0' { // numbers are texts here
			field = strings.Repeat("0", min(max(width-len(field), 0), 99)) + field
			flags = ""
		}
		fmt.Fprintf(&b, "%"+flags+"s", field)
	}
	return b.String()
}

// statFields has the fields of stat -c.
func (p *Process) statFields(name string, info fs.FileInfo) map[byte]string {
	st := info.Sys().(*syscall.Stat_t)
	stamp := func(ts syscall.Timespec) string {
		return time.Unix(ts.Unix()).In(p.zone()).Format("2006-01-02 15:04:05.000000000 -0700")
	}
	quoted := "'" + name + "'"
	if target, err := os.Readlink(p.path(name)); err == nil {
		quoted += " -> '" + target + "'"
	}
	names := newNamer()
	return map[byte]string{
		'a': fmt.Sprintf("%o", permissions(info.Mode())), 'A': modeString(info.Mode()), 'F': typeName(info),
		'n': name, 'N': quoted, 's': fmt.Sprint(st.Size), 'b': fmt.Sprint(st.Blocks), 'B': "512",
		'd': fmt.Sprint(st.Dev), 'i': fmt.Sprint(st.Ino), 'h': fmt.Sprint(st.Nlink), '%': "%",
		'u': fmt.Sprint(st.Uid), 'U': nameOr(names.users, int(st.Uid)),
		'g': fmt.Sprint(st.Gid), 'G': nameOr(names.groups, int(st.Gid)),
		'x': stamp(st.Atim), 'y': stamp(st.Mtim), 'z': stamp(st.Ctim),
		'X': fmt.Sprint(st.Atim.Sec), 'Y': fmt.Sprint(st.Mtim.Sec), 'Z': fmt.Sprint(st.Ctim.Sec),
	}
}

func typeName(info fs.FileInfo) string {
	if info.Mode().IsRegular() && info.Size() == 0 {
		return "regular empty file"
	}
	return map[byte]string{
		'd': "directory", 'l': "symbolic link", 'p': "fifo", 's': "socket",
		'c': "character special file", 'b': "block special file", 'f': "regular file",
	}[typeLetter(info.Mode())]
}
