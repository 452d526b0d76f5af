//go:build linux

package tool

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// ln makes links.
func ln(_ context.Context, p *Process) int {
	o := p.options("sfnvrt:TiLP", `
		symbolic=s force=f no-dereference=n verbose=v relative=r target-directory=t
		no-target-directory=T`)
	var symbolic, force, plain, verbose, relative, isFile bool
	target := ""
	for o.next() {
		switch o.name {
		case "s":
			symbolic = true
		case "f":
			force = true
		case "n":
			plain = true
		case "v":
			verbose = true
		case "r":
			relative = true
		case "t":
			target = o.arg
		case "T":
			isFile = true
		}
	}
	if o.err != nil {
		return p.usage("%v", o.err)
	}
	operands := o.args
	if len(operands) == 1 && target == "" && !isFile {
		target = "."
	}
	if n := len(operands); plain && n == 2 && target == "" {
		if info, err := os.Lstat(p.path(operands[1])); err == nil && !info.IsDir() {
			isFile = true // a link to a folder is replaced, not entered
		}
	}
	return p.eachInto(operands, target, isFile, func(src, dst string) error {
		if force {
			same := false
			if a, err := os.Lstat(p.path(src)); err == nil && !symbolic {
				b, err := os.Lstat(p.path(dst))
				same = err == nil && os.SameFile(a, b)
			}
			if info, err := os.Lstat(p.path(dst)); err == nil && !info.IsDir() && !same {
				os.Remove(p.path(dst)) // what is still there is reported by the call that makes the link
			}
		}
		if verbose {
			fmt.Fprintf(p.out, "'%s' -> '%s'\n", dst, src)
		}
		if !symbolic {
			return because(os.Link(p.path(src), p.path(dst)), "failed to create hard link '%s' => '%s'", dst, src)
		}
		if relative {
			rel, err := filepath.Rel(filepath.Dir(p.path(dst)), p.path(src))
			if err != nil {
				return err
			}
			src = rel
		}
		return because(os.Symlink(src, p.path(dst)), "failed to create symbolic link '%s'", dst)
	})
}
