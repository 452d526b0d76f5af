//go:build linux

package tool

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// find walks folders and evaluates an expression for each file in them.
func find(ctx context.Context, p *Process) int {
	f := &finder{p: p, ctx: ctx, maxDepth: -1}
	roots, expression := f.split(p.Args[1:])
	parser := findParser{f: f, words: expression}
	expr, err := parser.parse()
	if err != nil {
		return p.usage("%v", err)
	}
	if !parser.acts {
		inner := expr
		expr = func(v *visit) bool { return inner(v) && f.print(v, '\n') }
	}
	f.expr = expr
	for _, root := range roots {
		if f.quit {
			break
		}
		f.root(root)
	}
	for _, flush := range f.atEnd {
		flush()
	}
	return f.status
}

type finder struct {
	p                  *Process
	ctx                context.Context
	follow             bool // -L
	followNamed        bool // -H
	depthFirst         bool
	minDepth, maxDepth int // maxDepth -1: none
	expr               func(*visit) bool
	quit               bool
	status             int
	atEnd              []func() // what -exec ... + still has to run
}

// visit is one file that find looks at.
type visit struct {
	name  string // as printed
	path  string
	info  fs.FileInfo
	depth int
	prune bool // do not enter the folder
}

// split separates options and starting points from the expression.
func (f *finder) split(args []string) (roots, expression []string) {
	for len(args) > 0 && (args[0] == "-L" || args[0] == "-H" || args[0] == "-P") {
		f.follow = args[0] == "-L"
		f.followNamed = args[0] == "-H"
		args = args[1:]
	}
	for len(args) > 0 && !(len(args[0]) > 1 && args[0][0] == '-') && args[0] != "(" && args[0] != "!" {
		roots = append(roots, args[0])
		args = args[1:]
	}
	if len(roots) == 0 {
		roots = []string{"."}
	}
	return roots, args
}

func (f *finder) fail(name string, err error) {
	f.p.errorf("'%s': %s", name, reason(err))
	f.status = 1
}

func (f *finder) root(name string) {
	path := f.p.path(name)
	stat := os.Lstat
	if f.follow || f.followNamed {
		stat = os.Stat
	}
	info, err := stat(path)
	if err != nil {
		f.fail(name, err)
		return
	}
	f.walk(&visit{name: name, path: path, info: info}, nil)
}

// walk visits a file and, if it is a folder, what is in it. above are the folders that it is in, to
// notice loops of links.
func (f *finder) walk(v *visit, above []fs.FileInfo) {
	if f.ctx.Err() != nil || f.quit {
		return
	}
	evaluate := func() {
		if v.depth >= f.minDepth && !f.quit {
			f.expr(v)
		}
	}
	if !f.depthFirst {
		evaluate()
	}
	if v.info.IsDir() && !v.prune && (f.maxDepth < 0 || v.depth < f.maxDepth) && !f.quit {
		f.enter(v, above)
	}
	if f.depthFirst {
		evaluate()
	}
}

func (f *finder) enter(v *visit, above []fs.FileInfo) {
	for _, a := range above {
		if os.SameFile(a, v.info) {
			f.p.errorf("File system loop detected; '%s' is part of it", v.name)
			f.status = 1
			return
		}
	}
	entries, err := os.ReadDir(v.path)
	if err != nil {
		f.fail(v.name, err)
		return
	}
	above = append(above, v.info)
	for _, e := range entries {
		child := &visit{name: join(v.name, e.Name()), path: join(v.path, e.Name()), depth: v.depth + 1}
		child.info, err = e.Info()
		if err == nil && f.follow && child.info.Mode()&fs.ModeSymlink != 0 {
			if target, err := os.Stat(child.path); err == nil {
				child.info = target
			}
		}
		if err != nil {
			if !missing(err) { // it may be gone since, as after -delete or -exec rm
				f.fail(child.name, err)
			}
			continue
		}
		f.walk(child, above)
	}
}

func (f *finder) print(v *visit, end byte) bool {
	f.p.out.WriteString(v.name)
	f.p.out.WriteByte(end)
	return true
}

func (f *finder) remove(v *visit) bool {
	if v.name == "." || v.name == ".." {
		return true
	}
	if err := os.Remove(v.path); err != nil {
		f.p.errorf("cannot delete '%s': %s", v.name, reason(err))
		f.status = 1
		return false
	}
	return true
}

// format writes what -printf asks for.
func (f *finder) format(v *visit, format string) bool {
	text, _ := unescape(format, false)
	for i := 0; i < len(text); i++ {
		if text[i] != '%' || i+1 == len(text) {
			f.p.out.WriteByte(text[i])
			continue
		}
		i++
		f.directive(v, text[i])
	}
	return true
}

func (f *finder) directive(v *visit, letter byte) {
	out := f.p.out
	uid, gid := owner(v.info)
	switch letter {
	case 'p':
		out.WriteString(v.name)
	case 'f':
		out.WriteString(filepath.Base(v.name))
	case 'h':
		out.WriteString(filepath.Dir(v.name))
	case 'P':
		_, below, _ := cutRoot(v)
		out.WriteString(below)
	case 's':
		fmt.Fprint(out, v.info.Size())
	case 'm':
		fmt.Fprintf(out, "%o", permissions(v.info.Mode()))
	case 'M':
		out.WriteString(modeString(v.info.Mode()))
	case 'y':
		out.WriteByte(typeLetter(v.info.Mode()))
	case 'd':
		fmt.Fprint(out, v.depth)
	case 'u':
		out.WriteString(newNamer().user(uid))
	case 'g':
		out.WriteString(newNamer().group(gid))
	case 'U':
		fmt.Fprint(out, uid)
	case 'G':
		fmt.Fprint(out, gid)
	case 'l':
		target, _ := os.Readlink(v.path)
		out.WriteString(target)
	case '%':
		out.WriteByte('%')
	default:
		out.Write([]byte{'%', letter})
	}
}

// cutRoot splits a name into the starting point and what is below it.
func cutRoot(v *visit) (root, below string, ok bool) {
	parts := strings.Split(v.name, "/")
	if v.depth == 0 || v.depth > len(parts) {
		return v.name, "", false
	}
	at := len(parts) - v.depth
	return strings.Join(parts[:at], "/"), strings.Join(parts[at:], "/"), true
}

// typeLetter is the letter of -type and of ls -l; the latter writes - where this has f.
func typeLetter(m fs.FileMode) byte {
	switch {
	case m.IsDir():
		return 'd'
	case m&fs.ModeSymlink != 0:
		return 'l'
	case m&fs.ModeNamedPipe != 0:
		return 'p'
	case m&fs.ModeSocket != 0:
		return 's'
	case m&fs.ModeCharDevice != 0:
		return 'c'
	case m&fs.ModeDevice != 0:
		return 'b'
	}
	return 'f'
}
