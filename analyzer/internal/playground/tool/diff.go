//go:build linux

package tool

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/rogpeppe/go-internal/diff"
)

// diffTool is the tool diff. As busybox's, it always prints the unified form. The status is 0 for
// equal files, 1 for different ones, 2 for an error.
func diffTool(_ context.Context, p *Process) int {
	o := p.options("qrNsuabBwitTdU:", "brief=q recursive=r new-file=N report-identical-files=s unified=u text=a color::")
	d := differ{p: p}
	for o.next() {
		switch o.name {
		case "q":
			d.brief = true
		case "r":
			d.recursive = true
		case "N":
			d.absent = true
		case "s":
			d.same = true
		case "b", "B", "w", "i":
			p.errorf("-%s is not supported in the playground", o.name)
			return 2
		}
	}
	if o.err != nil || len(o.args) != 2 {
		p.errorf("usage: diff [-qrNsu] file1 file2")
		return 2
	}
	a, b := o.args[0], o.args[1]
	infoA, errA := d.stat(a)
	infoB, errB := d.stat(b)
	switch {
	case errA != nil:
		p.fail(a, errA)
		return 2
	case errB != nil:
		p.fail(b, errB)
		return 2
	case infoA != nil && infoB != nil && infoA.IsDir() && infoB.IsDir():
		d.folders(a, b)
	default:
		if infoA != nil && infoA.IsDir() {
			a = join(a, filepath.Base(b))
		} else if infoB != nil && infoB.IsDir() {
			b = join(b, filepath.Base(a))
		}
		d.files(a, b)
	}
	return d.status
}

type differ struct {
	p                              *Process
	brief, recursive, absent, same bool
	status                         int
}

// stat returns nil for standard input.
func (d *differ) stat(name string) (fs.FileInfo, error) {
	if name == "-" {
		return nil, nil
	}
	return os.Stat(d.p.path(name))
}

func (d *differ) folders(a, b string) {
	names, err := d.names(a, b)
	if err != nil {
		d.p.errorf("%s", reason(err))
		d.status = 2
		return
	}
	for _, name := range names {
		infoA, errA := os.Stat(d.p.path(join(a, name)))
		infoB, errB := os.Stat(d.p.path(join(b, name)))
		switch {
		case (errA != nil || errB != nil) && !d.absent:
			dir := a
			if errA != nil {
				dir = b
			}
			fmt.Fprintf(d.p.out, "Only in %s: %s\n", dir, name)
			d.status = max(d.status, 1)
		case errA == nil && errB == nil && infoA.IsDir() && infoB.IsDir():
			if d.recursive {
				d.folders(join(a, name), join(b, name))
			} else {
				fmt.Fprintf(d.p.out, "Common subdirectories: %s and %s\n", join(a, name), join(b, name))
			}
		default:
			d.files(join(a, name), join(b, name))
		}
	}
}

// names returns what is in either folder, sorted.
func (d *differ) names(a, b string) ([]string, error) {
	var names []string
	for _, dir := range []string{a, b} {
		entries, err := os.ReadDir(d.p.path(dir))
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

func (d *differ) files(a, b string) {
	var text [2][]byte
	for i, name := range []string{a, b} {
		err := d.p.with(name, func(_ string, r io.Reader) (err error) {
			text[i], err = io.ReadAll(r)
			return err
		})
		if err != nil && !(d.absent && missing(err)) {
			d.p.fail(name, err)
			d.status = 2
			return
		}
	}
	switch {
	case bytes.Equal(text[0], text[1]):
		if d.same {
			fmt.Fprintf(d.p.out, "Files %s and %s are identical\n", a, b)
		}
		return
	case d.brief:
		fmt.Fprintf(d.p.out, "Files %s and %s differ\n", a, b)
	case bytes.IndexByte(text[0], 0) >= 0 || bytes.IndexByte(text[1], 0) >= 0:
		fmt.Fprintf(d.p.out, "Binary files %s and %s differ\n", a, b)
	default:
		_, unified, _ := bytes.Cut(diff.Diff(a, text[0], b, text[1]), []byte("\n")) // without its "diff a b" line
		d.p.out.Write(unified)
	}
	d.status = max(d.status, 1)
}
