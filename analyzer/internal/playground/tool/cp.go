//go:build linux

package tool

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// cp copies files and, with -r or -a, folders.
func cp(_ context.Context, p *Process) int {
	o := p.options("aArRpPdLHfnuvit:Tlsxz", `
		archive=a recursive=r no-dereference=P dereference=L force=f no-clobber=n update verbose=v
		target-directory=t no-target-directory=T link=l symbolic-link=s one-file-system=x parents
		preserve:: no-preserve: reflink:: sparse: remove-destination`)
	c := copier{p: p}
	target, isFile, withParents := "", false, false
	for o.next() {
		switch o.name {
		case "a":
			c.recursive, c.links, c.preserve = true, keepLinks, true
		case "r", "R":
			c.recursive = true
		case "p":
			c.preserve = true
		case "preserve":
			c.preserve = c.preserve || o.arg == "" || preservesAttributes(o.arg)
		case "P", "d":
			c.links = keepLinks
		case "L":
			c.links = followLinks
		case "H":
			c.links = followNamed
		case "f", "remove-destination":
			c.force = true
		case "n":
			c.noClobber = true
		case "u", "update":
			c.update = true
		case "v":
			c.verbose = true
		case "l":
			c.link = os.Link
		case "s":
			c.link = os.Symlink
		case "parents":
			withParents = true
		case "t":
			target = o.arg
		case "T":
			isFile = true
		}
	}
	if o.err != nil {
		return p.usage("%v", o.err)
	}
	if c.links == linksDefault {
		c.links = followLinks
		if c.recursive {
			c.links = keepLinks
		}
	}
	return p.eachInto(o.args, target, isFile, func(src, dst string) error {
		if withParents {
			dst = join(filepath.Dir(dst), src)
			if err := os.MkdirAll(filepath.Dir(p.path(dst)), 0o777); err != nil {
				return err
			}
		}
		return c.copy(src, dst)
	})
}

// preservesAttributes reads the argument of --preserve. Mode, owner and times go together here.
func preservesAttributes(list string) bool {
	for what := range strings.SplitSeq(list, ",") {
		if slices.Contains([]string{"all", "mode", "ownership", "timestamps"}, what) {
			return true
		}
	}
	return false
}

// eachInto does what cp, mv and ln have in common: it reads `SOURCE DEST`, `SOURCE... FOLDER` or -t
// FOLDER, and calls do with each source and where it goes. It reports what do returns, and returns
// the exit status.
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
		if strings.HasSuffix(strings.TrimRight(src, "/"), "..") || base == "." {
			base = "." // the content of a folder
		}
		status = max(status, p.report(do(src, join(target, base))))
	}
	return status
}

// report prints an error that says all by itself, and returns the exit status.
func (p *Process) report(err error) int {
	if err == nil {
		return 0
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			p.report(e)
		}
		return 1
	}
	if _, ok := err.(interface{ complete() }); ok {
		p.errorf("%v", err)
	} else {
		p.errorf("%s", reason(err))
	}
	return 1
}

// told is an error with a complete message.
type told string

func (t told) Error() string { return string(t) }

// complete marks told, and what embeds it.
func (told) complete() {}

// because makes an error whose message is the text and the reason.
func because(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	if _, ok := err.(interface{ complete() }); ok {
		return err
	}
	return told(fmt.Sprintf(format, args...) + ": " + reason(err))
}

// What happens to symbolic links.
const (
	linksDefault = iota
	keepLinks    // all are copied as links
	followNamed  // those on the command line are followed
	followLinks  // all are followed
)

// copier copies trees.
type copier struct {
	p                                            *Process
	recursive, force, noClobber, update, verbose bool
	preserve                                     bool // owner, times, and the whole mode
	links                                        int
	link                                         func(src, dst string) error // instead of copying content
	seen                                         map[inode]string            // where a file with several names was copied to first
}

// inode identifies a file.
type inode struct{ dev, ino uint64 }

// copy copies src to exactly dst. The error names both.
func (c *copier) copy(src, dst string) error {
	return c.tree(src, dst, c.links == followLinks || c.links == followNamed)
}

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
	case c.noClobber:
		return true, nil
	case c.update && !info.ModTime().After(old.ModTime()):
		return true, nil
	}
	return false, nil
}

// folder copies a folder and what it holds.
func (c *copier) folder(src, dst string, info fs.FileInfo) error {
	from, to := c.p.path(src), c.p.path(dst)
	if strings.HasPrefix(filepath.Clean(to)+"/", filepath.Clean(from)+"/") {
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
		errs = append(errs, because(c.attributes(to, info), "failed to preserve the attributes of '%s'", dst))
	} else if made {
		mode := info.Mode().Perm() &^ fs.FileMode(c.p.umask())
		errs = append(errs, because(os.Chmod(to, mode), "failed to set the mode of '%s'", dst))
	}
	return errors.Join(errs...)
}
