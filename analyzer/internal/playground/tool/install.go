//go:build linux

package tool

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	mode "github.com/tonistiigi/dchapes-mode"
)

// install copies files and sets their modes and owners, or makes folders.
func install(_ context.Context, p *Process) int {
	o := p.options("dDm:o:g:vcpt:TsbC", `
		directory=d mode=m owner=o group=g verbose=v preserve-timestamps=p target-directory=t
		no-target-directory=T strip=s compare=C`)
	i := installer{p: p, uid: -1, gid: -1}
	modeText, target := "755", ""
	var dirs, parents, isFile bool
	for o.next() {
		switch o.name {
		case "d":
			dirs = true
		case "D":
			parents = true
		case "m":
			modeText = o.arg
		case "o", "g":
			if !i.owner(o.name, o.arg) {
				return p.usage("invalid user or group '%s'", o.arg)
			}
		case "v":
			i.verbose = true
		case "p":
			i.times = true
		case "t":
			target = o.arg
		case "T":
			isFile = true
		}
	}
	if o.err != nil {
		return p.usage("%v", o.err)
	}
	var err error
	if i.mode, err = parseMode(modeText, 0); err != nil {
		return p.usage("%v", err)
	}
	if dirs {
		return i.folders(o.args)
	}
	if parents {
		dir := target
		if dir == "" && len(o.args) == 2 {
			dir = filepath.Dir(o.args[1])
		}
		if err := os.MkdirAll(p.path(dir), 0o755); err != nil {
			return p.fail(dir, err)
		}
	}
	return p.eachInto(o.args, target, isFile, i.install)
}

type installer struct {
	p              *Process
	mode           mode.Set
	uid, gid       int // -1 to leave
	verbose, times bool
}

func (i *installer) owner(option, name string) (ok bool) {
	if option == "o" {
		i.uid, ok = idOf(passwdFile, name)
	} else {
		i.gid, ok = idOf(groupFile, name)
	}
	return ok
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
	if i.verbose {
		fmt.Fprintf(i.p.out, "'%s' -> '%s'\n", src, dst)
	}
	if i.times {
		if err := setTimes(to, accessTime(info), info.ModTime(), true); err != nil {
			return because(err, "cannot set the times of '%s'", dst)
		}
	}
	return i.attributes(dst, 0)
}

func (i *installer) folders(names []string) int {
	status := 0
	for _, name := range names {
		err := os.MkdirAll(i.p.path(name), 0o755)
		if err == nil {
			err = i.attributes(name, fs.ModeDir)
		}
		status = max(status, i.p.report(because(err, "cannot create directory '%s'", name)))
	}
	return status
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
