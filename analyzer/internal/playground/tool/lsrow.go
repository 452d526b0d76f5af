//go:build linux

package tool

import (
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

func writeColumns(p *Process, rows [][]string, long bool) {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], len(cell))
		}
	}
	for _, row := range rows {
		for i, cell := range row[:len(row)-1] {
			if text, left := strings.CutPrefix(cell, "\x00"); left {
				fmt.Fprintf(p.out, "%-*s ", widths[i]-1, text)
			} else {
				fmt.Fprintf(p.out, "%*s ", widths[i], cell)
			}
		}
		fmt.Fprintln(p.out, row[len(row)-1])
	}
}

func (l *lister) row(f listed, st *syscall.Stat_t) []string {
	var cells []string
	if l.inode {
		cells = append(cells, strconv.FormatUint(st.Ino, 10))
	}
	if l.blocks {
		cells = append(cells, l.size(st.Blocks*512, (st.Blocks+1)/2))
	}
	mode := f.info.Mode()
	if !l.long {
		return append(cells, f.name+l.indicator(mode))
	}
	cells = append(cells, modeString(mode), strconv.FormatUint(uint64(st.Nlink), 10))
	user, group := strconv.Itoa(int(st.Uid)), strconv.Itoa(int(st.Gid))
	if !l.numeric {
		user, group = l.names.user(int(st.Uid)), l.names.group(int(st.Gid))
	}
	if !l.noOwner {
		cells = append(cells, "\x00"+user)
	}
	if !l.noGroup {
		cells = append(cells, "\x00"+group)
	}
	size := l.size(st.Size, st.Size)
	if mode&fs.ModeDevice != 0 {
		size = fmt.Sprintf("%d, %d", unix.Major(st.Rdev), unix.Minor(st.Rdev))
	}
	name := f.name
	if mode&fs.ModeSymlink != 0 {
		if target, err := os.Readlink(f.path); err == nil {
			name += " -> " + target
		}
	} else {
		name += l.indicator(mode)
	}
	return append(cells, size, l.date(l.time(f)), name)
}

func (l *lister) size(bytes, plain int64) string {
	if l.human {
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
	case m.IsDir() && (l.classify || l.slash):
		return "/"
	case !l.classify:
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

func humanSize(n int64) string {
	if n < 1024 {
		return strconv.FormatInt(n, 10)
	}
	const units = "KMGTPE"
	divisor, unit := int64(1024), 0
	for n/divisor >= 1024 && unit < len(units)-1 {
		divisor *= 1024
		unit++
	}
	tenths := n/divisor*10 + int64(math.Ceil(float64(n%divisor)*10/float64(divisor)))
	if tenths < 100 {
		return fmt.Sprintf("%d.%d%c", tenths/10, tenths%10, units[unit])
	}
	whole := (tenths + 9) / 10
	if whole == 1024 && unit < len(units)-1 {
		return fmt.Sprintf("1.0%c", units[unit+1])
	}
	return fmt.Sprintf("%d%c", whole, units[unit])
}

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
	for i, special := range []struct {
		bit    fs.FileMode
		letter byte
	}{{fs.ModeSetuid, 's'}, {fs.ModeSetgid, 's'}, {fs.ModeSticky, 't'}} {
		at := 3 * (i + 1)
		if m&special.bit == 0 {
			continue
		}
		if b[at] == '-' {
			b[at] = special.letter - 'a' + 'A'
		} else {
			b[at] = special.letter
		}
	}
	return string(b)
}
