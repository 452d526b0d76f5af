//go:build linux

package tool

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	mode "github.com/tonistiigi/dchapes-mode"
)

// mkdir makes folders.
func mkdir(_ context.Context, p *Process) int {
	o := p.options("pm:v", "parents=p mode=m verbose=v")
	var parents, verbose bool
	var set *mode.Set
	for o.next() {
		switch o.name {
		case "p":
			parents = true
		case "v":
			verbose = true
		case "m":
			s, err := parseMode(o.arg, p.umask())
			if err != nil {
				return p.usage("%v", err)
			}
			set = &s
		}
	}
	if o.err != nil {
		return p.usage("%v", o.err)
	}
	if len(o.args) == 0 {
		return p.usage("missing operand")
	}
	report := func(name string) {
		if verbose {
			fmt.Fprintf(p.out, "%s: created directory '%s'\n", p.Name(), name)
		}
	}
	status := 0
	for _, name := range o.args {
		made, err := p.makeDir(name, parents, report)
		if err == nil && made && set != nil {
			err = os.Chmod(p.path(name), set.Apply(fs.ModeDir|0o777))
		}
		if err != nil {
			p.errorf("cannot create directory '%s': %s", name, reason(err))
			status = 1
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

// rmdir removes empty folders.
func rmdir(_ context.Context, p *Process) int {
	o := p.options("pv", "parents=p verbose=v ignore-fail-on-non-empty")
	var parents, ignore bool
	for o.next() {
		parents = parents || o.name == "p"
		ignore = ignore || o.name == "ignore-fail-on-non-empty"
	}
	if o.err != nil {
		return p.usage("%v", o.err)
	}
	if len(o.args) == 0 {
		return p.usage("missing operand")
	}
	status := 0
	for _, name := range o.args {
		for dir := strings.TrimRight(name, "/"); dir != "." && dir != "/" && dir != ""; dir = filepath.Dir(dir) {
			err := removeDir(p.path(dir))
			if err != nil && !(ignore && notEmpty(err)) {
				p.errorf("failed to remove '%s': %s", dir, reason(err))
				status = 1
			}
			if err != nil || !parents {
				break
			}
		}
	}
	return status
}
