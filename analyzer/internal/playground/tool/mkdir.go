//go:build linux

package tool

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

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

// mktemp makes a file or folder with a name that was not in use.
func mktemp(_ context.Context, p *Process) int {
	f, ok := p.flags("dp:t", "directory=d tmpdir=p suffix:")
	if !ok {
		return 1
	}
	template := "tmp.XXXXXXXXXX"
	if len(f.args) > 0 {
		template = f.args[0]
	}
	if len(f.args) == 0 || f.on("p", "t") {
		dir := f.value("p")
		if dir == "" {
			dir, _ = p.getenv("TMPDIR")
		}
		if dir == "" {
			dir = "/tmp"
		}
		template = join(dir, template)
	}
	name, err := p.unique(template, f.value("suffix"), func(path string) error {
		if f.on("d") {
			return os.Mkdir(path, 0o700)
		}
		file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return err
		}
		return file.Close()
	})
	if err != nil {
		return p.usage("failed to create file via template '%s': %s", template, reason(err))
	}
	fmt.Fprintln(p.out, name)
	return 0
}

// unique replaces the last run of X in a template until make succeeds.
func (p *Process) unique(template, suffix string, make func(path string) error) (string, error) {
	end := strings.LastIndexByte(template, 'X') + 1
	start := len(strings.TrimRight(template[:end], "X"))
	if end-start < 3 {
		return "", errors.New("too few X's in template")
	}
	for range 100 {
		name := template[:start] + (rand.Text() + rand.Text() + rand.Text())[:min(end-start, 78)] + template[end:] + suffix
		if err := make(p.path(name)); !errors.Is(err, os.ErrExist) {
			return name, err
		}
	}
	return "", os.ErrExist
}
