//go:build linux

package tool

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"syscall"
)

// du prints how much space files take, in units of 1024 bytes.
func du(_ context.Context, p *Process) int {
	o := p.options("ahsckbmd:xLl", `
		all=a human-readable=h summarize=s total=c bytes=b max-depth=d apparent-size
		one-file-system=x`)
	d := diskUsage{p: p, depth: -1, unit: 1024, seen: map[inode]bool{}}
	total := false
	for o.next() {
		switch o.name {
		case "a":
			d.all = true
		case "h":
			d.human = true
		case "s":
			d.depth = 0
		case "c":
			total = true
		case "b":
			d.apparent, d.unit = true, 1
		case "apparent-size":
			d.apparent = true
		case "k":
			d.unit = 1024
		case "m":
			d.unit = 1 << 20
		case "d":
			n, err := strconv.Atoi(o.arg)
			if err != nil {
				return p.usage("invalid maximum depth '%s'", o.arg)
			}
			d.depth = n
		}
	}
	if o.err != nil {
		return p.usage("%v", o.err)
	}
	names := o.args
	if len(names) == 0 {
		names = []string{"."}
	}
	sum := int64(0)
	for _, name := range names {
		info, err := os.Lstat(p.path(name))
		if err != nil {
			p.errorf("cannot access '%s': %s", name, reason(err))
			d.status = 1
			continue
		}
		sum += d.walk(name, p.path(name), info, 0)
	}
	if total {
		d.print(sum, "total")
	}
	return d.status
}

type diskUsage struct {
	p                    *Process
	all, human, apparent bool
	depth                int // -1: any
	unit                 int64
	seen                 map[inode]bool // files with several names count once
	status               int
}

// walk prints and returns the bytes of a file and what is below it.
func (d *diskUsage) walk(name, path string, info fs.FileInfo, level int) int64 {
	st := info.Sys().(*syscall.Stat_t)
	if !info.IsDir() && st.Nlink > 1 {
		key := inode{st.Dev, st.Ino}
		if d.seen[key] {
			return 0
		}
		d.seen[key] = true
	}
	bytes := st.Blocks * 512
	if d.apparent {
		bytes = st.Size
	}
	if info.IsDir() {
		entries, err := os.ReadDir(path)
		if err != nil {
			d.p.errorf("cannot read directory '%s': %s", name, reason(err))
			d.status = 1
		}
		for _, e := range entries {
			if child, err := e.Info(); err == nil {
				bytes += d.walk(join(name, e.Name()), join(path, e.Name()), child, level+1)
			}
		}
	}
	if (info.IsDir() || d.all || level == 0) && (d.depth < 0 || level <= d.depth) {
		d.print(bytes, name)
	}
	return bytes
}

func (d *diskUsage) print(bytes int64, name string) {
	size := strconv.FormatInt((bytes+d.unit-1)/d.unit, 10)
	if d.human {
		size = humanSize(bytes)
	}
	fmt.Fprintf(d.p.out, "%s\t%s\n", size, name)
}
