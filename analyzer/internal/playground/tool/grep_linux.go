package tool

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// grep prints lines that match. Its exit status is 0 when there were any, 1 when there were none,
// and 2 after an error.
func grep(_ context.Context, p *Process) int {
	f, ok := p.flags("EFGPivcnqsrRowxlLe:f:hHm:A:B:C:az", `extended-regexp=E fixed-strings=F perl-regexp=P
		ignore-case=i invert-match=v count=c line-number=n quiet=q silent=q no-messages=s recursive=r
		only-matching=o word-regexp=w line-regexp=x files-with-matches=l files-without-match=L regexp=e
		file=f no-filename=h with-filename=H max-count=m after-context=A before-context=B context=C
		text=a null-data=z include: exclude: exclude-dir: color:: line-buffered`)
	if !ok {
		return 2
	}
	g := grepper{p: p, flags: f, max: -1, recursive: f.on("r", "R")}
	patterns, operands, err := g.patterns()
	if err == nil {
		err = g.numbers()
	}
	if err == nil {
		g.matches, err = g.matcher(patterns)
	}
	if err != nil {
		p.errorf("%s", reason(err))
		return 2
	}
	g.named = f.on("H") || !f.on("h") && (len(operands) > 1 || g.recursive)
	if len(operands) == 0 && g.recursive {
		g.folder(".", "")
	} else if len(operands) == 0 {
		operands = []string{"-"}
	}
	for _, name := range operands {
		if info, err := os.Stat(p.path(name)); g.recursive && err == nil && info.IsDir() {
			g.folder(name, name)
		} else {
			g.file(name)
		}
		if g.found && f.on("q") {
			return 0
		}
	}
	switch {
	case g.failed:
		return 2
	case g.found:
		return 0
	}
	return 1
}

type grepper struct {
	flags
	p         *Process
	matches   func(line []byte, n int) [][]int // start and end of the first n matches, of all when n is -1
	recursive bool
	named     bool // files' names are printed
	max       int  // lines for each file, -1 for all

	before, after int // lines of context
	found, failed bool
}

// patterns returns what to look for, and the operands that are left.
func (g *grepper) patterns() (patterns, operands []string, err error) {
	operands = g.args
	if !g.on("e", "f") {
		if len(operands) == 0 {
			return nil, nil, told("usage: grep [options] pattern [file...]")
		}
		return strings.Split(operands[0], "\n"), operands[1:], nil
	}
	for _, text := range g.given["e"] {
		patterns = append(patterns, strings.Split(text, "\n")...)
	}
	for _, name := range g.given["f"] {
		err := g.p.with(name, func(_ string, r io.Reader) error {
			return lines(r, '\n', func(line []byte, _ bool) error {
				patterns = append(patterns, string(line))
				return nil
			})
		})
		if err != nil {
			return nil, nil, because(err, "%s", name)
		}
	}
	return patterns, operands, nil
}

func (g *grepper) numbers() error {
	for _, o := range []struct {
		name string
		n    []*int
	}{{"m", []*int{&g.max}}, {"C", []*int{&g.before, &g.after}}, {"A", []*int{&g.after}}, {"B", []*int{&g.before}}} {
		if !g.on(o.name) {
			continue
		}
		n, err := strconv.Atoi(g.value(o.name))
		if err != nil {
			return fmt.Errorf("%s: invalid number", g.value(o.name))
		}
		for _, to := range o.n {
			*to = n
		}
	}
	return nil
}

// matcher makes one function of all patterns.
func (g *grepper) matcher(patterns []string) (func(line []byte, n int) [][]int, error) {
	if len(patterns) == 0 {
		return func([]byte, int) [][]int { return nil }, nil
	}
	kind := basic
	switch {
	case g.on("P"):
		kind = perl
	case g.on("E") || g.p.Name() == "egrep":
		kind = extended
	}
	var all []string
	for _, text := range patterns {
		if g.on("F") || g.p.Name() == "fgrep" {
			text = regexp.QuoteMeta(text)
		} else {
			re, err := compile(text, kind, "")
			if err != nil {
				return nil, err
			}
			text = re.String()
		}
		all = append(all, "(?:"+text+")")
	}
	expr, flags := strings.Join(all, "|"), ""
	if g.on("x") {
		expr = "^(?:" + expr + ")$"
	}
	if g.on("i") {
		flags = "i"
	}
	re, err := compile(expr, perl, flags)
	if err != nil {
		return nil, err
	}
	if kind != perl {
		re.Longest()
	}
	if !g.on("w") {
		return re.FindAllIndex, nil
	}
	// Most words start and end at boundaries that the expression can see; the others, like -x, are
	// looked for one by one.
	bounded, err := compile(`\b(?:`+expr+`)\b`, perl, flags)
	return func(line []byte, n int) [][]int {
		if found := bounded.FindAllIndex(line, n); found != nil {
			return found
		}
		return slices.DeleteFunc(re.FindAllIndex(line, -1), func(loc []int) bool { return !wholeWord(line, loc) })
	}, err
}

// wholeWord tells whether a match stands between characters that no word has.
func wholeWord(line []byte, loc []int) bool {
	return (loc[0] == 0 || !wordByte(line[loc[0]-1])) && (loc[1] == len(line) || !wordByte(line[loc[1]])) && loc[0] < loc[1]
}

func wordByte(b byte) bool { return b == '_' || isDigit(b) || isLetter(b) || b >= 0x80 }

// folder searches the files in a folder, which is shown by another name: none for the default one.
func (g *grepper) folder(name, shown string) {
	entries, err := os.ReadDir(g.p.path(name))
	if err != nil {
		g.fail(name, err)
		return
	}
	for _, e := range entries {
		child := e.Name()
		if shown != "" {
			child = join(shown, e.Name())
		}
		switch {
		case g.on("q") && g.found:
			return
		case e.IsDir():
			if !matchAny(g.given["exclude-dir"], e.Name()) {
				g.folder(child, child)
			}
		case e.Type()&^fs.ModeSymlink != 0, matchAny(g.given["exclude"], e.Name()), g.on("include") && !matchAny(g.given["include"], e.Name()):
		case e.Type()&fs.ModeSymlink == 0:
			g.file(child)
		}
	}
}

func matchAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		ok, _ := filepath.Match(strings.TrimSuffix(pattern, "/"), name)
		return ok
	})
}

func (g *grepper) fail(name string, err error) {
	g.failed = true
	if !g.on("s") {
		g.p.fail(name, err)
	}
}

// file searches one file.
func (g *grepper) file(name string) {
	s := grepFile{g: g, name: name, end: '\n'}
	if name == "-" {
		s.name = "(standard input)"
	}
	if g.on("z") {
		s.end = 0
	}
	if err := g.p.with(name, s.search); err != nil {
		g.fail(name, err)
		return
	}
	g.found = g.found || s.selected > 0 != g.on("L")
	switch {
	case g.on("q"):
	case g.on("l", "L"):
		if s.selected > 0 != g.on("L") {
			fmt.Fprintln(g.p.out, s.name)
		}
	case g.on("c"):
		if g.named {
			fmt.Fprint(g.p.out, s.name, ":")
		}
		fmt.Fprintln(g.p.out, s.selected)
	}
}
