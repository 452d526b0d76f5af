package tool

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
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

// ln makes links.
func ln(_ context.Context, p *Process) int {
	f, ok := p.flags("sfnvrt:T", `symbolic=s force=f no-dereference=n verbose=v relative=r target-directory=t
		no-target-directory=T`)
	if !ok {
		return 1
	}
	operands, target, isFile := f.args, f.value("t"), f.on("T")
	if len(operands) == 1 && target == "" && !isFile {
		target = "."
	}
	if f.on("n") && len(operands) == 2 && target == "" {
		info, err := os.Lstat(p.path(operands[1]))
		isFile = isFile || err == nil && !info.IsDir() // a link to a folder is replaced, not entered
	}
	return p.eachInto(operands, target, isFile, func(src, dst string) error {
		to := p.path(dst)
		if old, err := os.Lstat(to); f.on("f") && err == nil && !old.IsDir() {
			if info, err := os.Lstat(p.path(src)); f.on("s") || err != nil || !os.SameFile(info, old) {
				os.Remove(to) // what is still there is reported by the call that makes the link
			}
		}
		if f.on("v") {
			fmt.Fprintf(p.out, "'%s' -> '%s'\n", dst, src)
		}
		if !f.on("s") {
			return because(os.Link(p.path(src), to), "failed to create hard link '%s' => '%s'", dst, src)
		}
		if f.on("r") {
			rel, err := filepath.Rel(filepath.Dir(to), p.path(src))
			if err != nil {
				return err
			}
			src = rel
		}
		return because(os.Symlink(src, to), "failed to create symbolic link '%s'", dst)
	})
}

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

// mkdir makes folders.
func mkdir(_ context.Context, p *Process) int {
	f, ok := p.flags("pm:v", "parents=p mode=m verbose=v")
	if !ok {
		return 1
	}
	if len(f.args) == 0 {
		return p.usage("missing operand")
	}
	set, err := parseMode("a=rwx", 0)
	if f.on("m") {
		set, err = parseMode(f.value("m"), p.umask())
	}
	if err != nil {
		return p.usage("%v", err)
	}
	report := func(name string) {
		if f.on("v") {
			fmt.Fprintf(p.out, "%s: created directory '%s'\n", p.Name(), name)
		}
	}
	status := 0
	for _, name := range f.args {
		made, err := p.makeDir(name, f.on("p"), report)
		if err == nil && made && f.on("m") {
			err = os.Chmod(p.path(name), set.Apply(fs.ModeDir|0o777))
		}
		if err != nil {
			status = p.usage("cannot create directory '%s': %s", name, reason(err))
		}
	}
	return status
}

// makeDir makes a folder, with its parents if asked, and tells whether it was not there. It calls
// report with each that it made.
func (p *Process) makeDir(name string, parents bool, report func(name string)) (made bool, err error) {
	path := strings.TrimRight(p.path(name), "/")
	err = os.Mkdir(path, 0o777)
	if parents && errors.Is(err, os.ErrNotExist) {
		above := parent(name)
		if above == name || above == "." {
			return false, err
		}
		if _, err := p.makeDir(above, true, report); err != nil {
			return false, err
		}
		err = os.Mkdir(path, 0o777)
	}
	if err == nil {
		report(name)
		return true, nil
	}
	if info, statErr := os.Stat(path); parents && statErr == nil && info.IsDir() {
		return false, nil
	}
	return false, err
}
