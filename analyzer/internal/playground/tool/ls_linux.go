package tool

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"
)

// ls lists files, one a line: a build step's output is no terminal.
func ls(_ context.Context, p *Process) int {
	f, ok := p.flags("laA1hRrtSdinFpsLgoCcxmuN", `all=a almost-all=A human-readable=h recursive=R reverse=r
		directory=d inode=i numeric-uid-gid=n classify=F size=s dereference=L color:: full-time time-style:`)
	if !ok {
		return 2
	}
	l := lister{
		p: p, flags: f, names: newNamer(), now: time.Now(), long: f.on("l", "g", "o", "n", "full-time"),
		fullTime: f.on("full-time") || strings.Contains(f.value("time-style"), "iso"),
	}
	names := f.args
	if len(names) == 0 {
		names = []string{"."}
	}
	var files, folders []listed
	for _, name := range names {
		entry, err := l.stat(name, p.path(name), true)
		switch {
		case err != nil:
			p.errorf("cannot access '%s': %s", name, reason(err))
			l.status = 2
		case entry.info.IsDir() && !f.on("d"):
			folders = append(folders, entry)
		default:
			files = append(files, entry)
		}
	}
	l.print(files, false)
	for i, folder := range l.sorted(folders) {
		if len(names) > 1 || f.on("R") {
			if i > 0 || len(files) > 0 {
				fmt.Fprintln(p.out)
			}
			fmt.Fprintf(p.out, "%s:\n", folder.name)
		}
		l.folder(folder)
	}
	return l.status
}

// lister is one call of ls.
type lister struct {
	flags
	p              *Process
	names          *namer
	now            time.Time
	long, fullTime bool
	status         int
}

// listed is one file.
type listed struct {
	name, path string
	info       fs.FileInfo
}

func (l *lister) stat(name, path string, named bool) (listed, error) {
	stat := os.Lstat
	if l.on("L") || named && !l.long && !l.on("d", "F") {
		stat = os.Stat
	}
	info, err := stat(path)
	if err != nil && named {
		info, err = os.Lstat(path) // a link to nowhere
	}
	return listed{name, path, info}, err
}

func (l *lister) folder(f listed) {
	entries, err := os.ReadDir(f.path)
	if err != nil {
		l.p.errorf("cannot open directory '%s': %s", f.name, reason(err))
		l.status = max(l.status, 1)
		return
	}
	var names []string
	if l.on("a") {
		names = append(names, ".", "..")
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") || l.on("a", "A") {
			names = append(names, e.Name())
		}
	}
	var files, below []listed
	for _, name := range names {
		c, err := l.stat(name, join(f.path, name), false)
		if err != nil {
			l.p.errorf("cannot access '%s': %s", join(f.name, name), reason(err))
			l.status = max(l.status, 1)
			continue
		}
		files = append(files, c)
		if c.info.IsDir() && name != "." && name != ".." {
			below = append(below, listed{join(f.name, c.name), c.path, c.info})
		}
	}
	l.print(files, true)
	if !l.on("R") {
		return
	}
	for _, b := range l.sorted(below) {
		fmt.Fprintf(l.p.out, "\n%s:\n", b.name)
		l.folder(b)
	}
}

func (l *lister) sorted(files []listed) []listed {
	slices.SortStableFunc(files, func(a, b listed) int {
		c := 0
		switch {
		case l.on("S"):
			c = cmp.Compare(b.info.Size(), a.info.Size())
		case l.on("t"):
			c = l.time(b).Compare(l.time(a))
		}
		if c = cmp.Or(c, strings.Compare(a.name, b.name)); l.on("r") {
			return -c
		}
		return c
	})
	return files
}

// time is the time that counts: when the content changed, with -c the inode, with -u when it was read.
func (l *lister) time(f listed) time.Time {
	switch {
	case l.on("c"):
		return time.Unix(f.info.Sys().(*syscall.Stat_t).Ctim.Unix())
	case l.on("u"):
		return accessTime(f.info)
	}
	return f.info.ModTime()
}

// print lists files, below a total of their blocks if they are a folder's.
func (l *lister) print(files []listed, total bool) {
	var rows [][]string
	blocks := int64(0)
	for _, f := range l.sorted(files) {
		st := f.info.Sys().(*syscall.Stat_t)
		blocks += st.Blocks
		rows = append(rows, l.row(f, st))
	}
	if total && (l.long || l.on("s")) {
		fmt.Fprintf(l.p.out, "total %s\n", l.size(blocks*512, (blocks+1)/2))
	}
	writeColumns(l.p, rows)
}
