//go:build linux

package tool

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	mode "github.com/tonistiigi/dchapes-mode"
)

// install copies files and sets their modes and owners, or makes folders.
func install(_ context.Context, p *Process) int {
	f, ok := p.flags("dDm:o:g:t:T", "directory=d mode=m owner=o group=g target-directory=t no-target-directory=T")
	if !ok {
		return 1
	}
	i := installer{p: p, uid: -1, gid: -1}
	text := "755"
	if f.on("m") {
		text = f.value("m")
	}
	var err error
	if i.mode, err = parseMode(text, 0); err == nil && f.on("o", "g") {
		i.uid, i.gid, err = parseOwner(strings.TrimSuffix(f.value("o")+":"+f.value("g"), ":"))
	}
	if err != nil {
		return p.usage("%v", err)
	}
	if f.on("d") {
		status := 0
		for _, name := range f.args {
			err := os.MkdirAll(p.path(name), 0o755)
			if err == nil {
				err = i.attributes(name, fs.ModeDir)
			}
			status = max(status, p.report(because(err, "cannot create directory '%s'", name)))
		}
		return status
	}
	target := f.value("t")
	if f.on("D") {
		dir := target
		if dir == "" && len(f.args) == 2 {
			dir = filepath.Dir(f.args[1])
		}
		if err := os.MkdirAll(p.path(dir), 0o755); err != nil {
			return p.fail(dir, err)
		}
	}
	return p.eachInto(f.args, target, f.on("T"), i.install)
}

type installer struct {
	p        *Process
	mode     mode.Set
	uid, gid int // -1 to leave
}

func (i *installer) install(src, dst string) error {
	from, to := i.p.path(src), i.p.path(dst)
	info, err := os.Stat(from)
	if err != nil {
		return because(err, "cannot stat '%s'", src)
	}
	if info.IsDir() {
		return told(fmt.Sprintf("omitting directory '%s'", src))
	}
	if err := os.Remove(to); err != nil && !missing(err) {
		return because(err, "cannot remove '%s'", dst)
	}
	if err := copyContent(from, to, 0o600); err != nil {
		return because(err, "cannot create regular file '%s'", dst)
	}
	return i.attributes(dst, 0)
}

func (i *installer) attributes(name string, kind fs.FileMode) error {
	path := i.p.path(name)
	if i.uid >= 0 || i.gid >= 0 {
		if err := os.Chown(path, i.uid, i.gid); err != nil {
			return because(err, "cannot change the owner of '%s'", name)
		}
	}
	return because(os.Chmod(path, i.mode.Apply(kind)), "cannot change the mode of '%s'", name)
}
