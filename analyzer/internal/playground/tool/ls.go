//go:build linux

package tool

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// ls lists files, one a line: a build step's output is no terminal.
func ls(_ context.Context, p *Process) int {
	l := lister{p: p, names: newNamer(), now: time.Now()}
	o := p.options("laA1hRrtSdinFpsXcuLgoCxmUvfGNQqbHkw:T:I:B", `
		all=a almost-all=A human-readable=h recursive=R reverse=r directory=d inode=i
		numeric-uid-gid=n classify=F size=s dereference=L no-group=G color:: full-time
		group-directories-first sort: time: time-style: format: indicator-style: quoting-style:
		width=w hide: ignore=I`)
	for o.next() {
		l.set(o.name, o.arg)
	}
	if o.err != nil {
		p.errorf("%v", o.err)
		return 2
	}
	names := o.args
	if len(names) == 0 {
		names = []string{"."}
	}
	var files, folders []listed
	for _, name := range names {
		f, err := l.stat(name, p.path(name), true)
		if err != nil {
			p.errorf("cannot access '%s': %s", name, reason(err))
			l.status = 2
			continue
		}
		if f.info.IsDir() && !l.self {
			folders = append(folders, f)
		} else {
			files = append(files, f)
		}
	}
	l.print(files, false)
	for i, f := range l.sorted(folders) {
		if len(names) > 1 || l.recursive {
			if i > 0 || len(files) > 0 {
				fmt.Fprintln(p.out)
			}
			fmt.Fprintf(p.out, "%s:\n", f.name)
		}
		l.folder(f)
	}
	return l.status
}

// lister holds the options of ls.
type lister struct {
	p                                                             *Process
	names                                                         *namer
	now                                                           time.Time
	long, all, almost, human, recursive, reverse, self, inode     bool
	numeric, classify, slash, blocks, follow, noOwner, noGroup    bool
	fullTime, foldersFirst, byTime, bySize, byExtension, unsorted bool
	byVersion                                                     bool
	which                                                         byte // c or u: the time that counts
	status                                                        int
}

// listed is one file.
type listed struct {
	name, path string
	info       fs.FileInfo
}

func (l *lister) set(name, arg string) {
	switch name {
	case "l":
		l.long = true
	case "g":
		l.long, l.noOwner = true, true
	case "o":
		l.long, l.noGroup = true, true
	case "n":
		l.long, l.numeric = true, true
	case "a":
		l.all = true
	case "A":
		l.almost = true
	case "h":
		l.human = true
	case "R":
		l.recursive = true
	case "r":
		l.reverse = true
	case "t":
		l.byTime = true
	case "S":
		l.bySize = true
	case "X":
		l.byExtension = true
	case "v":
		l.byVersion = true
	case "U":
		l.unsorted = true
	case "f":
		l.unsorted, l.all = true, true
	case "d":
		l.self = true
	case "i":
		l.inode = true
	case "F":
		l.classify = true
	case "p":
		l.slash = true
	case "s":
		l.blocks = true
	case "L", "H":
		l.follow = true
	case "G":
		l.noGroup = true
	case "c", "u":
		l.which = name[0]
	case "full-time":
		l.long, l.fullTime = true, true
	case "group-directories-first":
		l.foldersFirst = true
	case "time-style":
		l.fullTime = strings.Contains(arg, "iso")
	case "sort":
		l.set(map[string]string{"size": "S", "time": "t", "none": "U", "extension": "X", "version": "v"}[arg], "")
	}
}

func (l *lister) stat(name, path string, named bool) (listed, error) {
	stat := os.Lstat
	if l.follow || named && !l.long && !l.self && !l.classify {
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
	var files, below []listed
	if l.all {
		for _, dot := range []string{".", ".."} {
			if c, err := l.stat(dot, join(f.path, dot), false); err == nil {
				files = append(files, c)
			}
		}
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") && !l.all && !l.almost {
			continue
		}
		c, err := l.stat(e.Name(), join(f.path, e.Name()), false)
		if err != nil {
			l.p.errorf("cannot access '%s': %s", join(f.name, e.Name()), reason(err))
			l.status = max(l.status, 1)
			continue
		}
		files = append(files, c)
		if c.info.IsDir() {
			below = append(below, listed{join(f.name, c.name), c.path, c.info})
		}
	}
	l.print(files, true)
	if !l.recursive {
		return
	}
	for _, b := range l.sorted(below) {
		fmt.Fprintf(l.p.out, "\n%s:\n", b.name)
		l.folder(b)
	}
}

func (l *lister) sorted(files []listed) []listed {
	if l.unsorted {
		return files
	}
	slices.SortStableFunc(files, func(a, b listed) int {
		if l.foldersFirst && a.info.IsDir() != b.info.IsDir() {
			if a.info.IsDir() {
				return -1
			}
			return 1
		}
		c := 0
		switch {
		case l.bySize:
			c = cmp.Compare(b.info.Size(), a.info.Size())
		case l.byTime:
			c = l.time(b).Compare(l.time(a))
		case l.byExtension:
			c = strings.Compare(filepath.Ext(a.name), filepath.Ext(b.name))
		case l.byVersion:
			c = compareVersions(a.name, b.name)
		}
		if c == 0 {
			c = strings.Compare(a.name, b.name)
		}
		if l.reverse {
			return -c
		}
		return c
	})
	return files
}

func (l *lister) time(f listed) time.Time {
	st := f.info.Sys().(*syscall.Stat_t)
	switch l.which {
	case 'c':
		return time.Unix(st.Ctim.Unix())
	case 'u':
		return accessTime(f.info)
	}
	return f.info.ModTime()
}

// print lists files, below a total of their blocks if they are a folder's.
func (l *lister) print(files []listed, total bool) {
	files = l.sorted(files)
	var rows [][]string
	blocks := int64(0)
	for _, f := range files {
		st := f.info.Sys().(*syscall.Stat_t)
		blocks += st.Blocks
		rows = append(rows, l.row(f, st))
	}
	if total && (l.long || l.blocks) {
		fmt.Fprintf(l.p.out, "total %s\n", l.size(blocks*512, (blocks+1)/2))
	}
	writeColumns(l.p, rows, l.long)
}

// writeColumns writes rows whose last cell is free and whose others are aligned: names of owner and
// group to the left, numbers to the right. row returns the cells of a file; one that starts with
// NUL is aligned to the left. humanSize writes a size in powers of 1024, rounded up, with one
// decimal below ten: 1.5K. modeString writes a mode as ls -l does.
