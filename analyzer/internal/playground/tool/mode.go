//go:build linux

package tool

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"strings"

	mode "github.com/tonistiigi/dchapes-mode"
)

// parseMode reads an octal or symbolic mode, for chmod and the -m of others.
func parseMode(text string, umask int) (mode.Set, error) {
	set, err := mode.ParseWithUmask(text, uint(umask))
	if err != nil {
		return set, fmt.Errorf("invalid mode: '%s'", text)
	}
	return set, nil
}

// MaskFromMode applies a symbolic mode, which says what is permitted, to a file mode creation mask.
func MaskFromMode(text string, mask int) (int, error) {
	set, err := parseMode(text, 0)
	if err != nil {
		return 0, err
	}
	return int(^set.Apply(fs.FileMode(^mask&0o777))) & 0o777, nil
}

// chmod changes permissions.
func chmod(ctx context.Context, p *Process) int {
	args := protectModes(p.Args)
	o := (&Process{Args: args}).options("Rcvf", "recursive=R changes=c verbose=v silent=f quiet=f reference:")
	var recursive, verbose, quiet bool
	reference := ""
	for o.next() {
		switch o.name {
		case "R":
			recursive = true
		case "v", "c":
			verbose = true
		case "f":
			quiet = true
		case "reference":
			reference = o.arg
		}
	}
	if o.err != nil {
		return p.usage("%v", o.err)
	}
	operands := o.args
	var set mode.Set
	if reference != "" {
		info, err := os.Stat(p.path(reference))
		if err != nil {
			return p.fail(reference, err)
		}
		set, err = mode.Parse(fmt.Sprintf("%o", permissions(info.Mode())))
		if err != nil {
			return p.fail(reference, err)
		}
	} else {
		if len(operands) == 0 {
			return p.usage("missing operand")
		}
		var err error
		if set, err = parseMode(strings.TrimPrefix(operands[0], "\x00"), p.umask()); err != nil {
			return p.usage("%v", err)
		}
		operands = operands[1:]
	}
	if len(operands) == 0 {
		return p.usage("missing operand")
	}
	return p.changeEach(operands, recursive, quiet, func(path, name string, info fs.FileInfo) error {
		if info.Mode()&fs.ModeSymlink != 0 {
			return nil // met while descending: its target is not part of the tree
		}
		changed := set.Apply(info.Mode())
		if verbose {
			fmt.Fprintf(p.out, "mode of '%s' changed to %04o\n", name, permissions(changed))
		}
		return os.Chmod(path, changed)
	})
}

// protectModes marks words like -x and -rwx, which are modes and not options, so that they are read
// as operands.
func protectModes(args []string) []string {
	marked := make([]string, 0, len(args))
	for _, a := range args {
		if len(a) > 1 && a[0] == '-' && strings.Trim(a[1:], "rwxXstugo+=-,") == "" && a != "--" {
			a = "\x00" + a
		}
		marked = append(marked, a)
	}
	return marked
}

// umask returns the mask that the tool runs with.
func (p *Process) umask() int {
	if p.Umask >= 0 {
		return p.Umask
	}
	return Umask()
}

// permissions returns the low twelve bits of a mode as the kernel has them.
func permissions(m fs.FileMode) uint32 {
	bits := uint32(m.Perm())
	if m&fs.ModeSetuid != 0 {
		bits |= 0o4000
	}
	if m&fs.ModeSetgid != 0 {
		bits |= 0o2000
	}
	if m&fs.ModeSticky != 0 {
		bits |= 0o1000
	}
	return bits
}

// changeEach calls change with every named file, and with what lies below it if recursive is set.
// Named links are followed, others are not. It reports failures unless quiet is set, and returns
// the exit status.
func (p *Process) changeEach(names []string, recursive, quiet bool, change func(path, name string, info fs.FileInfo) error) int {
	status := 0
	report := func(name string, err error) {
		status = 1
		if !quiet {
			p.errorf("cannot access '%s': %s", name, reason(err))
		}
	}
	for _, name := range names {
		path := p.path(name)
		info, err := os.Stat(path)
		if err != nil {
			report(name, err)
			continue
		}
		if err := change(path, name, info); err != nil {
			report(name, err)
		}
		if !recursive || !info.IsDir() {
			continue
		}
		p.below(path, name, report, func(path, name string, info fs.FileInfo) {
			if err := change(path, name, info); err != nil {
				report(name, err)
			}
		})
	}
	return status
}

// below calls visit for everything under a folder, a folder before what it holds, in order of
// names. Links are not followed.
func (p *Process) below(path, name string, report func(string, error), visit func(path, name string, info fs.FileInfo)) {
	entries, err := os.ReadDir(path)
	if err != nil {
		report(name, err)
	}
	for _, e := range entries {
		childPath, childName := join(path, e.Name()), join(name, e.Name())
		info, err := e.Info()
		if err != nil {
			report(childName, err)
			continue
		}
		visit(childPath, childName, info)
		if info.IsDir() {
			p.below(childPath, childName, report, visit)
		}
	}
}

// join adds a name to a folder's, without cleaning either.
func join(dir, name string) string { return strings.TrimSuffix(dir, "/") + "/" + name }
