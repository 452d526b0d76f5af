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
	"syscall"
)

// basename prints the last part of names: basename NAME [SUFFIX], or with -a or -s of each name.
func basename(_ context.Context, p *Process) int {
	o := p.options("+as:z", "multiple=a suffix=s zero=z")
	multiple, suffix, end := false, "", "\n"
	for o.next() {
		switch o.name {
		case "a":
			multiple = true
		case "s":
			multiple, suffix = true, o.arg
		case "z":
			end = "\x00"
		}
	}
	if o.err != nil {
		return p.usage("%v", o.err)
	}
	names := o.args
	if len(names) == 0 {
		return p.usage("missing operand")
	}
	if !multiple {
		if len(names) > 2 {
			return p.usage("extra operand '%s'", names[2])
		}
		if len(names) == 2 {
			suffix = names[1]
		}
		names = names[:1]
	}
	for _, name := range names {
		base := name
		if name != "" {
			base = baseName(name)
		}
		if base != suffix {
			base = strings.TrimSuffix(base, suffix)
		}
		fmt.Fprint(p.out, base, end)
	}
	return 0
}

// dirname prints names without their last part.
func dirname(_ context.Context, p *Process) int {
	o := p.options("z", "zero=z")
	end := "\n"
	for o.next() {
		end = "\x00"
	}
	if o.err != nil {
		return p.usage("%v", o.err)
	}
	if len(o.args) == 0 {
		return p.usage("missing operand")
	}
	for _, name := range o.args {
		fmt.Fprint(p.out, parent(name), end)
	}
	return 0
}

func parent(name string) string {
	trimmed := strings.TrimRight(name, "/")
	if trimmed == "" && name != "" {
		return "/"
	}
	i := strings.LastIndexByte(trimmed, '/')
	if i < 0 {
		return "."
	}
	if dir := strings.TrimRight(trimmed[:i], "/"); dir != "" {
		return dir
	}
	return "/"
}

// realpath prints names without links and dots.
func realpath(_ context.Context, p *Process) int {
	o := p.options("emqsLPz", `
		canonicalize-existing=e canonicalize-missing=m quiet=q no-symlinks=s strip=s zero=z
		relative-to: relative-base:`)
	how, quiet, plain, relative := mayLackLast, false, false, ""
	for o.next() {
		switch o.name {
		case "e":
			how = mustExist
		case "m":
			how = mayLackAll
		case "q":
			quiet = true
		case "s":
			plain = true
		case "relative-to":
			relative = o.arg
		}
	}
	if o.err != nil {
		return p.usage("%v", o.err)
	}
	if len(o.args) == 0 {
		return p.usage("missing operand")
	}
	status := 0
	for _, name := range o.args {
		path, err := p.canonical(name, how)
		if plain {
			path, err = filepath.Clean(p.path(name)), nil
		}
		if err == nil && relative != "" {
			var base string
			if base, err = p.canonical(relative, mayLackAll); err == nil {
				path, err = filepath.Rel(base, path)
			}
		}
		if err != nil {
			if status = 1; !quiet {
				p.fail(name, err)
			}
			continue
		}
		fmt.Fprintln(p.out, path)
	}
	return status
}

// readlink prints where links lead, or with -f, -e and -m what realpath prints.
func readlink(_ context.Context, p *Process) int {
	o := p.options("femnqsvz", `
		canonicalize=f canonicalize-existing=e canonicalize-missing=m no-newline=n quiet=q silent=s
		verbose=v zero=z`)
	follow, how, end, verbose := false, mayLackLast, "\n", false
	for o.next() {
		switch o.name {
		case "f":
			follow, how = true, mayLackLast
		case "e":
			follow, how = true, mustExist
		case "m":
			follow, how = true, mayLackAll
		case "n":
			end = ""
		case "v":
			verbose = true
		}
	}
	if o.err != nil {
		return p.usage("%v", o.err)
	}
	if len(o.args) == 0 {
		return p.usage("missing operand")
	}
	status := 0
	for _, name := range o.args {
		var target string
		var err error
		if follow {
			target, err = p.canonical(name, how)
		} else {
			target, err = os.Readlink(p.path(name))
		}
		if err != nil {
			if status = 1; verbose {
				p.fail(name, err)
			}
			continue
		}
		fmt.Fprint(p.out, target, end)
	}
	return status
}

// What may be missing in a name that is made canonical.
const (
	mustExist = iota
	mayLackLast
	mayLackAll
)

// canonical resolves all links of a name.
func (p *Process) canonical(name string, how int) (string, error) {
	if name == "" {
		return "", syscall.ENOENT
	}
	rest := strings.Split(p.path(name), "/")
	done := "/"
	for links := 0; len(rest) > 0; {
		part := rest[0]
		rest = rest[1:]
		switch part {
		case "", ".":
			continue
		case "..":
			done = filepath.Dir(done)
			continue
		}
		next := filepath.Join(done, part)
		info, err := os.Lstat(next)
		switch {
		case err != nil:
			last := strings.Trim(strings.Join(rest, ""), "/.") == ""
			if !errors.Is(err, os.ErrNotExist) && how != mayLackAll || how == mustExist || how == mayLackLast && !last {
				return "", err
			}
			done = next
		case info.Mode()&fs.ModeSymlink != 0:
			if links++; links > 40 {
				return "", syscall.ELOOP
			}
			target, err := os.Readlink(next)
			if err != nil {
				return "", err
			}
			if strings.HasPrefix(target, "/") {
				done = "/"
			}
			rest = append(strings.Split(target, "/"), rest...)
		case !info.IsDir() && len(rest) > 0 && how != mayLackAll:
			return "", syscall.ENOTDIR
		default:
			done = next
		}
	}
	return done, nil
}

// pwd prints the working folder: by its name in PWD if that is right and -P is not given.
func pwd(_ context.Context, p *Process) int {
	name, ok := p.getenv("PWD")
	if ok && filepath.IsAbs(name) && !(len(p.Args) > 1 && p.Args[1] == "-P") {
		a, err1 := os.Stat(name)
		b, err2 := os.Stat(p.Dir)
		if err1 == nil && err2 == nil && os.SameFile(a, b) {
			fmt.Fprintln(p.out, name)
			return 0
		}
	}
	path, err := p.canonical(".", mustExist)
	if err != nil {
		return p.fail(p.Dir, err)
	}
	fmt.Fprintln(p.out, path)
	return 0
}

// which prints the files of commands.
func which(_ context.Context, p *Process) int {
	o := p.options("as", "all=a")
	for o.next() {
	}
	if o.err != nil {
		return p.usage("%v", o.err)
	}
	status := 0
	for _, name := range o.args {
		path, err := p.lookPath(name)
		if err != nil {
			status = 1
			continue
		}
		fmt.Fprintln(p.out, path)
	}
	return status
}
