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
	f, ok := p.flags("rRfdv", "recursive=r force=f dir=d verbose=v")
	if !ok {
		return 1
	}
	if len(f.args) == 0 && !f.on("f") {
		return p.usage("missing operand")
	}
	status := 0
	for _, name := range f.args {
		base := filepath.Base(strings.TrimRight(name, "/"))
		if base == "." || base == ".." || filepath.Clean(p.path(name)) == "/" {
			status = p.usage("refusing to remove '.', '..' or '/': skipping '%s'", name)
			continue
		}
		if err := p.remove(name, f.on("r", "R"), f.on("d")); err != nil && !(f.on("f") && missing(err)) {
			status = p.usage("cannot remove '%s': %s", name, reason(err))
		} else if err == nil && f.on("v") {
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
		return syscall.Rmdir(path)
	}
	return syscall.EISDIR
}

// missing tells whether the error means that there is no such file.
func missing(err error) bool {
	return errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// rmdir removes empty folders.
func rmdir(_ context.Context, p *Process) int {
	f, ok := p.flags("p", "parents=p ignore-fail-on-non-empty")
	if !ok {
		return 1
	}
	if len(f.args) == 0 {
		return p.usage("missing operand")
	}
	status := 0
	for _, name := range f.args {
		for dir := strings.TrimRight(name, "/"); dir != "." && dir != "/" && dir != ""; dir = filepath.Dir(dir) {
			err := syscall.Rmdir(p.path(dir))
			if err != nil && !(f.on("ignore-fail-on-non-empty") && errors.Is(err, syscall.ENOTEMPTY)) {
				status = p.usage("failed to remove '%s': %s", dir, reason(err))
			}
			if err != nil || !f.on("p") {
				break
			}
		}
	}
	return status
}
