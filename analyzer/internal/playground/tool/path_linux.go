package tool

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// basename prints the last part of names: basename NAME [SUFFIX], or with -a or -s of each name.
func basename(_ context.Context, p *Process) int {
	f, ok := p.flags("as:", "multiple=a suffix=s")
	if !ok {
		return 1
	}
	names, suffix := f.args, f.value("s")
	if len(names) == 0 {
		return p.usage("missing operand")
	}
	if !f.on("a", "s") {
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
		fmt.Fprintln(p.out, base)
	}
	return 0
}

func baseName(name string) string {
	if trimmed := strings.TrimRight(name, "/"); trimmed != "" {
		return filepath.Base(trimmed)
	}
	return "/"
}

// dirname prints names without their last part.
func dirname(_ context.Context, p *Process) int {
	f, ok := p.flags("", "")
	if !ok {
		return 1
	}
	if len(f.args) == 0 {
		return p.usage("missing operand")
	}
	for _, name := range f.args {
		fmt.Fprintln(p.out, parent(name))
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

// readlink prints where links lead. With -f, -e or -m it prints names without links and dots, and
// so does realpath.
func readlink(_ context.Context, p *Process) int {
	f, ok := p.flags("femn", "canonicalize=f canonicalize-existing=e canonicalize-missing=m no-newline=n relative-to:")
	if !ok {
		return 1
	}
	if len(f.args) == 0 {
		return p.usage("missing operand")
	}
	may := mayLackLast
	switch {
	case f.on("e"):
		may = mustExist
	case f.on("m"):
		may = mayLackAll
	}
	real := p.Name() == "realpath"
	status := 0
	for _, name := range f.args {
		target, err := p.target(name, real || f.on("f", "e", "m"), may, f.value("relative-to"))
		switch {
		case err == nil:
			p.out.WriteString(target)
			p.endLine(!f.on("n"))
		case real:
			status = p.fail(name, err)
		default:
			status = 1
		}
	}
	return status
}

func (p *Process) target(name string, canonical bool, may missingParts, relative string) (string, error) {
	if !canonical {
		return os.Readlink(p.path(name))
	}
	path, err := p.canonical(name, may)
	if err != nil || relative == "" {
		return path, err
	}
	base, err := p.canonical(relative, mayLackAll)
	if err != nil {
		return "", err
	}
	return filepath.Rel(base, path)
}

// missingParts says what may be missing in a name that is made canonical.
type missingParts int

const (
	mustExist missingParts = iota
	mayLackLast
	mayLackAll
)

// canonical resolves all links of a name.
func (p *Process) canonical(name string, may missingParts) (string, error) {
	path, err := filepath.EvalSymlinks(p.path(name))
	if err == nil || name == "" || may == mustExist || !errors.Is(err, os.ErrNotExist) {
		return path, err
	}
	if may == mayLackLast {
		may = mustExist
	}
	dir, err := p.canonical(parent(name), may)
	return filepath.Join(dir, baseName(name)), err
}

// pwd prints the working folder: by its name in PWD if that is right and -P is not given.
func pwd(_ context.Context, p *Process) int {
	if len(p.Args) == 1 {
		name, _ := p.getenv("PWD")
		a, err1 := os.Stat(name)
		b, err2 := os.Stat(p.Dir)
		if err1 == nil && err2 == nil && filepath.IsAbs(name) && os.SameFile(a, b) {
			fmt.Fprintln(p.out, name)
			return 0
		}
	}
	path, err := filepath.EvalSymlinks(p.Dir)
	if err != nil {
		return p.fail(p.Dir, err)
	}
	fmt.Fprintln(p.out, path)
	return 0
}

// which prints the files of commands.
func which(_ context.Context, p *Process) int {
	f, ok := p.flags("a", "all=a")
	if !ok {
		return 1
	}
	status := 0
	for _, name := range f.args {
		if path, err := p.lookPath(name); err == nil {
			fmt.Fprintln(p.out, path)
		} else {
			status = 1
		}
	}
	return status
}
