//go:build linux

package tool

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// rm removes files and, with -r, folders.
func rm(_ context.Context, p *Process) int {
	o := p.options("rRfdvi", `
		recursive=r force=f dir=d verbose=v no-preserve-root preserve-root one-file-system
		interactive::`)
	var recursive, force, dirs, verbose bool
	for o.next() {
		switch o.name {
		case "r", "R":
			recursive = true
		case "f":
			force = true
		case "d":
			dirs = true
		case "v":
			verbose = true
		}
	}
	if o.err != nil {
		return p.usage("%v", o.err)
	}
	if len(o.args) == 0 && !force {
		return p.usage("missing operand")
	}
	status := 0
	for _, name := range o.args {
		base := filepath.Base(strings.TrimRight(name, "/"))
		if base == "." || base == ".." || filepath.Clean(p.path(name)) == "/" {
			p.errorf("refusing to remove '.', '..' or '/': skipping '%s'", name)
			status = 1
			continue
		}
		if err := p.remove(name, recursive, dirs); err != nil && !(force && missing(err)) {
			p.errorf("cannot remove '%s': %s", name, reason(err))
			status = 1
		} else if err == nil && verbose {
			fmt.Fprintf(p.out, "removed '%s'\n", name)
		}
	}
	return status
}

func (p *Process) remove(name string, recursive, dirs bool) error {
	if name == "" {
		return syscall.ENOENT
	}
	path := p.path(name)
	info, err := os.Lstat(path)
	switch {
	case err != nil:
		return err
	case !info.IsDir():
		return syscall.Unlink(path)
	case recursive:
		return os.RemoveAll(strings.TrimRight(path, "/"))
	case dirs:
		return removeDir(path)
	}
	return syscall.EISDIR
}

// missing tells whether the error means that there is no such file.
func missing(err error) bool {
	return errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// removeDir removes an empty folder.
func removeDir(path string) error { return syscall.Rmdir(path) }

func notEmpty(err error) bool {
	return errors.Is(err, syscall.ENOTEMPTY) || errors.Is(err, syscall.EEXIST)
}
