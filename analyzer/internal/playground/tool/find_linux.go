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
	f.expr = expr
	if !parser.acts {
		f.expr = func(v *visit) bool { return expr(v) && f.print(v.name+"\n") }
	}
	for _, root := range roots {
		stat := os.Lstat
		if f.follow {
			stat = os.Stat
		}
		info, err := stat(p.path(root))
		if err != nil {
			f.fail(root, err)
			continue
		}
		f.walk(&visit{name: root, path: p.path(root), info: info}, nil)
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
	depthFirst         bool
	minDepth, maxDepth int // maxDepth -1: none
	expr               findTest
	quit               bool
	status             int
	atEnd              []func() // what -exec ... + still has to run
}

// visit is one file that find looks at.
type visit struct {
	name  string // as printed
	below string // the part of it after the starting point
	path  string
	info  fs.FileInfo
	depth int
	prune bool // do not enter the folder
}

// split separates options and starting points from the expression.
func (f *finder) split(args []string) (roots, expression []string) {
	for len(args) > 0 && (args[0] == "-L" || args[0] == "-P") {
		f.follow = args[0] == "-L"
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

// walk visits a file and, if it is a folder, what is in it. above are the folders that it is in, to
// notice loops of links.
func (f *finder) walk(v *visit, above []fs.FileInfo) {
	evaluate := func() {
		if v.depth >= f.minDepth && !f.quit && f.ctx.Err() == nil {
			f.expr(v)
		}
	}
	if !f.depthFirst {
		evaluate()
	}
	if v.info.IsDir() && !v.prune && (f.maxDepth < 0 || v.depth < f.maxDepth) && !f.quit && f.ctx.Err() == nil {
		f.enter(v, above)
	}
	if f.depthFirst {
		evaluate()
	}
}

func (f *finder) enter(v *visit, above []fs.FileInfo) {
	for _, a := range above {
		if os.SameFile(a, v.info) {
			f.status = f.p.usage("File system loop detected; '%s' is part of it", v.name)
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
		child := &visit{
			name: join(v.name, e.Name()), below: strings.TrimPrefix(v.below+"/"+e.Name(), "/"),
			path: join(v.path, e.Name()), depth: v.depth + 1,
		}
		child.info, err = e.Info()
		if err == nil && f.follow && child.info.Mode()&fs.ModeSymlink != 0 {
			if target, err := os.Stat(child.path); err == nil {
				child.info = target
			}
		}
		if err == nil {
			f.walk(child, above)
		} else if !missing(err) { // it may be gone since, as after -delete or -exec rm
			f.fail(child.name, err)
		}
	}
}

func (f *finder) print(text string) bool {
	f.p.out.WriteString(text)
	return true
}

func (f *finder) remove(v *visit) bool {
	if v.name == "." {
		return true
	}
	err := os.Remove(v.path)
	if err != nil {
		f.status = f.p.usage("cannot delete '%s': %s", v.name, reason(err))
	}
	return err == nil
}

// format makes the text that -printf asks for.
func (v *visit) format(format string) string {
	text, _ := unescape(format, false)
	uid, gid := owner(v.info)
	target, _ := os.Readlink(v.path)
	fields := map[byte]string{
		'p': v.name, 'P': v.below, 'f': filepath.Base(v.name), 'h': filepath.Dir(v.name), 'l': target,
		's': fmt.Sprint(v.info.Size()), 'd': fmt.Sprint(v.depth), 'U': fmt.Sprint(uid), 'G': fmt.Sprint(gid),
		'm': fmt.Sprintf("%o", permissions(v.info.Mode())), 'M': modeString(v.info.Mode()),
		'y': string(rune(typeLetter(v.info.Mode()))), '%': "%",
	}
	return formatStat(text, fields)
}
