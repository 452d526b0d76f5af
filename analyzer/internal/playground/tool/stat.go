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
	o := p.options("c:Lft", "format=c dereference=L file-system=f printf: terse=t")
	format, end, follow := "", "\n", false
	for o.next() {
		switch o.name {
		case "c":
			format = o.arg
		case "printf":
			format, end = o.arg, ""
			format, _ = unescape(format, false)
		case "L":
			follow = true
		case "f", "t":
			return p.usage("-%s is not supported in the playground", o.name)
		}
	}
	if o.err != nil {
		return p.usage("%v", o.err)
	}
	if len(o.args) == 0 {
		return p.usage("missing operand")
	}
	if format == "" {
		format = "  File: %N\n  Size: %-10s\tBlocks: %-10b IO Block: %-6o %F\nDevice: %d\tInode: %-10i  Links: %h\n" +
			"Access: (%04a/%A)  Uid: (%5u/%8U)   Gid: (%5g/%8G)\nAccess: %x\nModify: %y\nChange: %z"
	}
	status := 0
	for _, name := range o.args {
		look := os.Lstat
		if follow {
			look = os.Stat
		}
		info, err := look(p.path(name))
		if err != nil {
			p.errorf("cannot statx '%s': %s", name, reason(err))
			status = 1
			continue
		}
		p.out.WriteString(p.formatStat(format, name, info) + end)
	}
	return status
}

func (p *Process) formatStat(format, name string, info fs.FileInfo) string {
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
		field := p.statField(format[i], name, info)
		if width, err := strconv.Atoi(flags); err == nil && flags[0] == '0' { // numbers are texts here
			field = strings.Repeat("0", min(max(width-len(field), 0), 99)) + field
			flags = ""
		}
		fmt.Fprintf(&b, "%"+flags+"s", field)
	}
	return b.String()
}

// statField returns one field of stat -c, as text.
func (p *Process) statField(letter byte, name string, info fs.FileInfo) string {
	st := info.Sys().(*syscall.Stat_t)
	stamp := func(ts syscall.Timespec) string {
		return time.Unix(ts.Unix()).In(p.zone()).Format("2006-01-02 15:04:05.000000000 -0700")
	}
	switch letter {
	case 'a':
		return fmt.Sprintf("%o", permissions(info.Mode()))
	case 'A':
		return modeString(info.Mode())
	case 'b':
		return fmt.Sprint(st.Blocks)
	case 'B':
		return "512"
	case 'd':
		return fmt.Sprint(st.Dev)
	case 'D':
		return fmt.Sprintf("%x", st.Dev)
	case 'f':
		return fmt.Sprintf("%x", st.Mode)
	case 'F':
		return typeName(info)
	case 'g':
		return fmt.Sprint(st.Gid)
	case 'G':
		return newNamer().group(int(st.Gid))
	case 'h':
		return fmt.Sprint(st.Nlink)
	case 'i':
		return fmt.Sprint(st.Ino)
	case 'n':
		return name
	case 'N':
		if target, err := os.Readlink(p.path(name)); err == nil {
			return fmt.Sprintf("'%s' -> '%s'", name, target)
		}
		return "'" + name + "'"
	case 'o':
		return fmt.Sprint(st.Blksize)
	case 's':
		return fmt.Sprint(st.Size)
	case 'u':
		return fmt.Sprint(st.Uid)
	case 'U':
		return newNamer().user(int(st.Uid))
	case 'x':
		return stamp(st.Atim)
	case 'y':
		return stamp(st.Mtim)
	case 'z':
		return stamp(st.Ctim)
	case 'X':
		return fmt.Sprint(st.Atim.Sec)
	case 'Y':
		return fmt.Sprint(st.Mtim.Sec)
	case 'Z':
		return fmt.Sprint(st.Ctim.Sec)
	case 'w':
		return "-"
	case 'W':
		return "0"
	case '%':
		return "%"
	}
	return "?"
}

func typeName(info fs.FileInfo) string {
	switch typeLetter(info.Mode()) {
	case 'd':
		return "directory"
	case 'l':
		return "symbolic link"
	case 'p':
		return "fifo"
	case 's':
		return "socket"
	case 'c':
		return "character special file"
	case 'b':
		return "block special file"
	}
	if info.Size() == 0 {
		return "regular empty file"
	}
	return "regular file"
}
