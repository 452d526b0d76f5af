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
