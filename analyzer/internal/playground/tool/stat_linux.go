package tool

import (
	"context"
	"fmt"
	"io/fs"
	"math"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
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

// writeColumns writes rows whose last cell is free and whose others are aligned: numbers to the
// right, and to the left what starts with NUL.
func writeColumns(p *Process, rows [][]string) {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], len(strings.TrimPrefix(cell, "\x00")))
		}
	}
	for _, row := range rows {
		for i, cell := range row[:len(row)-1] {
			if text, left := strings.CutPrefix(cell, "\x00"); left {
				fmt.Fprintf(p.out, "%-*s ", widths[i], text)
			} else {
				fmt.Fprintf(p.out, "%*s ", widths[i], cell)
			}
		}
		fmt.Fprintln(p.out, row[len(row)-1])
	}
}

// row returns the cells of a file.
func (l *lister) row(f listed, st *syscall.Stat_t) []string {
	var cells []string
	if l.on("i") {
		cells = append(cells, strconv.FormatUint(st.Ino, 10))
	}
	if l.on("s") {
		cells = append(cells, l.size(st.Blocks*512, (st.Blocks+1)/2))
	}
	mode := f.info.Mode()
	if !l.long {
		return append(cells, f.name+l.indicator(mode))
	}
	cells = append(cells, modeString(mode), strconv.FormatUint(uint64(st.Nlink), 10))
	user, group := strconv.Itoa(int(st.Uid)), strconv.Itoa(int(st.Gid))
	if !l.on("n") {
		user, group = nameOr(l.names.users, int(st.Uid)), nameOr(l.names.groups, int(st.Gid))
	}
	if !l.on("g") {
		cells = append(cells, "\x00"+user)
	}
	if !l.on("o") {
		cells = append(cells, "\x00"+group)
	}
	size := l.size(st.Size, st.Size)
	if mode&fs.ModeDevice != 0 {
		size = fmt.Sprintf("%d, %d", unix.Major(st.Rdev), unix.Minor(st.Rdev))
	}
	name := f.name + l.indicator(mode)
	if mode&fs.ModeSymlink != 0 {
		if target, err := os.Readlink(f.path); err == nil {
			name = f.name + " -> " + target
		}
	}
	return append(cells, size, l.date(l.time(f)), name)
}

func (l *lister) size(bytes, plain int64) string {
	if l.on("h") {
		return humanSize(bytes)
	}
	return strconv.FormatInt(plain, 10)
}

func (l *lister) date(t time.Time) string {
	t = t.In(l.p.zone())
	switch {
	case l.fullTime:
		return t.Format("2006-01-02 15:04:05.000000000 -0700")
	case t.After(l.now) || l.now.Sub(t) > 182*24*time.Hour:
		return t.Format("Jan _2  2006")
	}
	return t.Format("Jan _2 15:04")
}

func (l *lister) indicator(m fs.FileMode) string {
	switch {
	case m.IsDir() && l.on("F", "p"):
		return "/"
	case !l.on("F"):
	case m&fs.ModeSymlink != 0:
		return "@"
	case m&fs.ModeNamedPipe != 0:
		return "|"
	case m&fs.ModeSocket != 0:
		return "="
	case m.IsRegular() && m&0o111 != 0:
		return "*"
	}
	return ""
}

// humanSize writes a size in powers of 1024, rounded up, with one decimal below ten: 1.5K.
func humanSize(n int64) string {
	if n < 1024 {
		return strconv.FormatInt(n, 10)
	}
	size := float64(n)
	for _, unit := range "KMGTPE" {
		size /= 1024
		if tenths := math.Ceil(size * 10); tenths < 100 {
			return fmt.Sprintf("%.1f%c", tenths/10, unit)
		}
		if whole := math.Ceil(size); whole < 1024 || unit == 'E' {
			return fmt.Sprintf("%.0f%c", whole, unit)
		}
	}
	return ""
}

// modeString writes a mode as ls -l does.
func modeString(m fs.FileMode) string {
	b := []byte("-rwxrwxrwx")
	if t := typeLetter(m); t != 'f' {
		b[0] = t
	}
	for i := range 9 {
		if m&(1<<(8-i)) == 0 {
			b[i+1] = '-'
		}
	}
	for i, special := range []fs.FileMode{fs.ModeSetuid, fs.ModeSetgid, fs.ModeSticky} {
		at, letter := 3*(i+1), "sst"[i]
		if m&special == 0 {
			continue
		}
		if b[at] == '-' {
			letter -= 'a' - 'A'
		}
		b[at] = letter
	}
	return string(b)
}

// typeLetter is the letter of find -type and of ls -l; the latter writes - where this has f.
func typeLetter(m fs.FileMode) byte {
	switch {
	case m.IsDir():
		return 'd'
	case m&fs.ModeSymlink != 0:
		return 'l'
	case m&fs.ModeNamedPipe != 0:
		return 'p'
	case m&fs.ModeSocket != 0:
		return 's'
	case m&fs.ModeCharDevice != 0:
		return 'c'
	case m&fs.ModeDevice != 0:
		return 'b'
	}
	return 'f'
}
