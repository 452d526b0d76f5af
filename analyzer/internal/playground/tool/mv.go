//go:build linux

package tool

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
)

// mv moves files and folders, by copying where a rename is not possible.
func mv(_ context.Context, p *Process) int {
	f, ok := p.flags("fnvut:T", `force=f no-clobber=n verbose=v update=u target-directory=t no-target-directory=T`)
	if !ok {
		return 1
	}
	return p.eachInto(f.args, f.value("t"), f.on("T"), func(src, dst string) error {
		info, err := os.Lstat(p.path(src))
		if err != nil {
			return because(err, "cannot stat '%s'", src)
		}
		if old, err := os.Lstat(p.path(dst)); err == nil {
			switch {
			case f.on("n") || f.on("u") && !info.ModTime().After(old.ModTime()):
				return nil
			case os.SameFile(info, old):
				return told(fmt.Sprintf("'%s' and '%s' are the same file", src, dst))
			case info.IsDir() && !old.IsDir():
				return told(fmt.Sprintf("cannot overwrite non-directory '%s' with directory '%s'", dst, src))
			case !info.IsDir() && old.IsDir():
				return told(fmt.Sprintf("cannot overwrite directory '%s' with non-directory", dst))
			}
		}
		if f.on("v") {
			fmt.Fprintf(p.out, "renamed '%s' -> '%s'\n", src, dst)
		}
		return p.move(src, dst)
	})
}

func (p *Process) move(src, dst string) error {
	from, to := p.path(src), p.path(dst)
	if within(to, from) {
		return told(fmt.Sprintf("cannot move '%s' to a subdirectory of itself, '%s'", src, dst))
	}
	err := syscall.Rename(strings.TrimRight(from, "/"), strings.TrimRight(to, "/"))
	if !errors.Is(err, syscall.EXDEV) {
		return because(err, "cannot move '%s' to '%s'", src, dst)
	}
	// Another file system, or a folder of a lower layer.
	if err := os.Remove(to); err != nil && !missing(err) {
		return because(err, "cannot move '%s' to '%s'", src, dst)
	}
	c := copier{p: p, recursive: true, preserve: true, links: keepLinks}
	if err := c.copy(src, dst); err != nil {
		return err
	}
	return because(os.RemoveAll(from), "cannot remove '%s'", src)
}
