package tool

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// cp copies files and, with -r or -a, folders.
func cp(_ context.Context, p *Process) int {
	f, ok := p.flags("arRpPdLHfnuvt:T", `archive=a recursive=r no-dereference=P dereference=L force=f
		no-clobber=n update=u verbose=v target-directory=t no-target-directory=T parents preserve::
		reflink::`)
	if !ok {
		return 1
	}
	c := copier{
		p: p, recursive: f.on("a", "r", "R"), preserve: f.on("a", "p", "preserve"),
		force: f.on("f"), noClobber: f.on("n"), update: f.on("u"), verbose: f.on("v"),
	}
	switch {
	case f.on("L"):
		c.links = followLinks
	case f.on("H"):
		c.links = followNamed
	case f.on("P", "d") || c.recursive:
		c.links = keepLinks
	}
	return p.eachInto(f.args, f.value("t"), f.on("T"), func(src, dst string) error {
		if f.on("parents") {
			dst = join(filepath.Dir(dst), src)
			if err := os.MkdirAll(filepath.Dir(p.path(dst)), 0o777); err != nil {
				return err
			}
		}
		return c.copy(src, dst)
	})
}

// eachInto does what cp, mv, ln and install have in common: it reads `SOURCE DEST`,
// `SOURCE... FOLDER` or -t FOLDER, and calls do with each source and where it goes. It reports what
// do returns, and returns the exit status.
func (p *Process) eachInto(operands []string, target string, isFile bool, do func(src, dst string) error) int {
	if target == "" {
		if len(operands) == 0 {
			return p.usage("missing file operand")
		}
		if len(operands) == 1 {
			return p.usage("missing destination file operand after '%s'", operands[0])
		}
		target, operands = operands[len(operands)-1], operands[:len(operands)-1]
		if info, err := os.Stat(p.path(target)); isFile || err != nil || !info.IsDir() {
			if len(operands) > 1 {
				return p.usage("target '%s' is not a directory", target)
			}
			return p.report(do(operands[0], target))
		}
	}
	status := 0
	for _, src := range operands {
		base := filepath.Base(strings.TrimRight(src, "/"))
		if base == ".." || base == "." {
			base = "." // the content of a folder
		}
		status = max(status, p.report(do(src, join(target, base))))
	}
	return status
}

// linkMode says what happens to symbolic links.
type linkMode int

const (
	followLinks linkMode = iota // all are followed
	followNamed                 // those on the command line are followed
	keepLinks                   // all are copied as links
)

// copier copies trees.
type copier struct {
	p                                            *Process
	recursive, force, noClobber, update, verbose bool
	preserve                                     bool // owner, times, and the whole mode
	links                                        linkMode
	seen                                         map[inode]string // where a file with several names was copied to first
}

// inode identifies a file.
type inode struct{ dev, ino uint64 }

// copy copies src to exactly dst. The error names both.
func (c *copier) copy(src, dst string) error { return c.tree(src, dst, c.links != keepLinks) }

func (c *copier) tree(src, dst string, follow bool) error {
	from, to := c.p.path(src), c.p.path(dst)
	stat := os.Lstat
	if follow {
		stat = os.Stat
	}
	info, err := stat(from)
	if err != nil {
		return because(err, "cannot stat '%s'", src)
	}
	if info.IsDir() && !c.recursive {
		return told(fmt.Sprintf("-r not specified; omitting directory '%s'", src))
	}
	if old, err := os.Lstat(to); err == nil {
		skip, err := c.onto(src, dst, info, old)
		if skip || err != nil {
			return err
		}
	}
	if c.verbose {
		fmt.Fprintf(c.p.out, "'%s' -> '%s'\n", src, dst)
	}
	if info.IsDir() {
		return c.folder(src, dst, info)
	}
	return because(c.file(from, to, info), "cannot copy '%s' to '%s'", src, dst)
}

// onto decides about a destination that exists.
func (c *copier) onto(src, dst string, info, old fs.FileInfo) (skip bool, err error) {
	target, err := os.Stat(c.p.path(dst))
	switch {
	case err == nil && os.SameFile(info, target) || os.SameFile(info, old):
		return true, told(fmt.Sprintf("'%s' and '%s' are the same file", src, dst))
	case info.IsDir() && (err != nil || !target.IsDir()):
		return true, told(fmt.Sprintf("cannot overwrite non-directory '%s' with directory '%s'", dst, src))
	case !info.IsDir() && old.IsDir():
		return true, told(fmt.Sprintf("cannot overwrite directory '%s' with non-directory '%s'", dst, src))
	case info.IsDir():
		return false, nil
	}
	return c.noClobber || c.update && !info.ModTime().After(old.ModTime()), nil
}

// within tells whether a path is a folder or lies in it.
func within(path, folder string) bool {
	return strings.HasPrefix(filepath.Clean(path)+"/", filepath.Clean(folder)+"/")
}

// folder copies a folder and what it holds.
func (c *copier) folder(src, dst string, info fs.FileInfo) error {
	from, to := c.p.path(src), c.p.path(dst)
	if within(to, from) {
		return told(fmt.Sprintf("cannot copy a directory, '%s', into itself, '%s'", src, dst))
	}
	entries, err := os.ReadDir(from)
	if err != nil {
		return because(err, "cannot access '%s'", src)
	}
	err = os.Mkdir(strings.TrimRight(to, "/"), 0o777)
	made := err == nil
	if err != nil && !errors.Is(err, os.ErrExist) {
		return because(err, "cannot create directory '%s'", dst)
	}
	var errs []error
	for _, e := range entries {
		errs = append(errs, c.tree(join(src, e.Name()), join(dst, e.Name()), c.links == followLinks))
	}
	if c.preserve {
		errs = append(errs, because(preserve(to, info), "failed to preserve the attributes of '%s'", dst))
	} else if made {
		mode := info.Mode().Perm() &^ fs.FileMode(c.p.umask())
		errs = append(errs, because(os.Chmod(to, mode), "failed to set the mode of '%s'", dst))
	}
	return errors.Join(errs...)
}

// file copies what is not a folder.
func (c *copier) file(from, to string, info fs.FileInfo) error {
	st := info.Sys().(*syscall.Stat_t)
	key := inode{st.Dev, st.Ino}
	if first, ok := c.seen[key]; ok && c.preserve {
		os.Remove(to) // if it stays, the link cannot be made
		return os.Link(first, to)
	}
	if err := c.content(from, to, info.Mode()); err != nil {
		return err
	}
	if st.Nlink > 1 {
		if c.seen == nil {
			c.seen = map[inode]string{}
		}
		c.seen[key] = to
	}
	if !c.preserve {
		return nil
	}
	return preserve(to, info)
}

func (c *copier) content(from, to string, mode fs.FileMode) error {
	switch {
	case mode&fs.ModeSymlink != 0:
		target, err := os.Readlink(from)
		if err != nil {
			return err
		}
		if err := os.Remove(to); err != nil && !missing(err) {
			return err
		}
		return os.Symlink(target, to)
	case c.recursive && !mode.IsRegular():
		return errors.New("pipes, sockets and devices are not supported in the playground")
	}
	err := copyContent(from, to, mode.Perm())
	if err != nil && c.force && os.Remove(to) == nil {
		err = copyContent(from, to, mode.Perm())
	}
	return err
}

// copyContent copies bytes; perm counts for a new file, less the file mode creation mask.
func copyContent(from, to string, perm fs.FileMode) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, perm)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// preserve gives a copy the owner, mode and times of the original. Only root can give files away, so
// that may fail in silence.
func preserve(path string, info fs.FileInfo) error {
	uid, gid := owner(info)
	chownErr := os.Lchown(path, uid, gid)
	if info.Mode()&fs.ModeSymlink == 0 {
		mode := info.Mode()
		if chownErr != nil {
			mode &^= fs.ModeSetuid | fs.ModeSetgid
		}
		if err := os.Chmod(path, mode); err != nil {
			return err
		}
	}
	return setTimes(path, accessTime(info), info.ModTime(), false)
}
