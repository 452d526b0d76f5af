//go:build linux

package tool

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
)

// mktemp makes a file or folder with a name that was not in use.
func mktemp(_ context.Context, p *Process) int {
	o := p.options("dup:qt", "directory=d dry-run=u tmpdir=p quiet=q suffix:")
	var folder, dry, quiet, inTemp bool
	dir, suffix := "", ""
	for o.next() {
		switch o.name {
		case "d":
			folder = true
		case "u":
			dry = true
		case "p":
			dir, inTemp = o.arg, true
		case "q":
			quiet = true
		case "t":
			inTemp = true
		case "suffix":
			suffix = o.arg
		}
	}
	if o.err != nil {
		return p.usage("%v", o.err)
	}
	template := "tmp.XXXXXXXXXX"
	if len(o.args) > 0 {
		template = o.args[0]
	} else {
		inTemp = true
	}
	if dir == "" {
		if dir, _ = p.getenv("TMPDIR"); dir == "" {
			dir = "/tmp"
		}
	}
	if inTemp {
		template = join(dir, template)
	}
	name, err := p.unique(template, suffix, func(path string) error {
		switch {
		case dry:
			if _, err := os.Lstat(path); err == nil {
				return os.ErrExist
			}
			return nil
		case folder:
			return os.Mkdir(path, 0o700)
		}
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return err
		}
		return f.Close()
	})
	if err != nil {
		if !quiet {
			p.errorf("failed to create file via template '%s': %s", template, reason(err))
		}
		return 1
	}
	fmt.Fprintln(p.out, name)
	return 0
}

// unique replaces the last run of X in a template until make succeeds.
func (p *Process) unique(template, suffix string, make func(path string) error) (string, error) {
	end := strings.LastIndexByte(template, 'X') + 1
	start := end
	for start > 0 && template[start-1] == 'X' {
		start--
	}
	if end-start < 3 {
		return "", errors.New("too few X's in template")
	}
	for range 100 {
		name := template[:start] + (rand.Text() + rand.Text() + rand.Text())[:min(end-start, 78)] + template[end:] + suffix
		err := make(p.path(name))
		if !errors.Is(err, os.ErrExist) {
			return name, err
		}
	}
	return "", os.ErrExist
}

// truncate sets the size of files.
func truncate(_ context.Context, p *Process) int {
	o := p.options("cs:r:", "no-create=c size=s reference=r")
	noCreate, sizeText, reference := false, "", ""
	for o.next() {
		switch o.name {
		case "c":
			noCreate = true
		case "s":
			sizeText = o.arg
		case "r":
			reference = o.arg
		}
	}
	if o.err != nil {
		return p.usage("%v", o.err)
	}
	if sizeText == "" && reference == "" || len(o.args) == 0 {
		return p.usage("usage: truncate -s size file...")
	}
	sign := byte(0)
	if sizeText != "" && (sizeText[0] == '+' || sizeText[0] == '-') {
		sign, sizeText = sizeText[0], sizeText[1:]
	}
	size, err := parseSize(sizeText)
	if reference != "" {
		var info os.FileInfo
		if info, err = os.Stat(p.path(reference)); err == nil {
			size = info.Size()
		}
	}
	if err != nil {
		return p.usage("%s", reason(err))
	}
	flags := os.O_WRONLY | os.O_CREATE
	if noCreate {
		flags = os.O_WRONLY
	}
	return p.eachName(o.args, func(path string) error {
		f, err := os.OpenFile(path, flags, 0o666)
		if err != nil {
			if noCreate && missing(err) {
				return nil
			}
			return err
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return err
		}
		switch sign {
		case '+':
			return f.Truncate(info.Size() + size)
		case '-':
			return f.Truncate(max(info.Size()-size, 0))
		}
		return f.Truncate(size)
	})
}

// eachName calls f with the path of every name, reports errors, and returns the exit status.
func (p *Process) eachName(names []string, f func(path string) error) int {
	status := 0
	for _, name := range names {
		if err := f(p.path(name)); err != nil {
			status = p.fail(name, err)
		}
	}
	return status
}
