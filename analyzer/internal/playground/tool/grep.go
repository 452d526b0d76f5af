//go:build linux

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
func grep(ctx context.Context, p *Process) int {
	g := grepper{p: p, kind: basic, max: -1, name: -1}
	patterns, operands, err := g.parse()
	if err != nil {
		p.errorf("%v", err)
		return 2
	}
	if g.matches, err = g.matcher(patterns); err != nil {
		p.errorf("%v", err)
		return 2
	}
	if len(operands) == 0 {
		operands = []string{"-"}
		if g.recursive {
			operands = []string{"."}
		}
	}
	if g.name < 0 && (len(operands) > 1 || g.recursive) {
		g.name = 1
	}
	for _, name := range operands {
		g.operand(name)
		if g.found && g.quiet {
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
	p       *Process
	kind    syntaxKind
	matches func(line []byte, n int) [][]int // start and end of the first n matches, of all when n is -1

	fixed, ignoreCase, invert, count, numbers, quiet, silent, recursive bool
	only, word, line, list, listWithout, asText                         bool
	name                                                                int // print file names: 1 yes, 0 no, -1 not decided
	max                                                                 int // lines for each file, -1 for all
	before, after                                                       int
	end                                                                 byte
	include, exclude, excludeDir                                        []string

	found, failed bool
}

func (g *grepper) parse() (patterns, operands []string, err error) {
	switch g.p.Name() {
	case "egrep":
		g.kind = extended
	case "fgrep":
		g.fixed = true
	}
	g.end = '\n'
	o := g.p.options("EFGPivcnqsrRowxlLe:f:hHm:A:B:C:azI", `
		extended-regexp=E fixed-strings=F basic-regexp=G perl-regexp=P ignore-case=i invert-match=v
		count=c line-number=n quiet=q silent=q no-messages=s recursive=r dereference-recursive=R
		only-matching=o word-regexp=w line-regexp=x files-with-matches=l files-without-match=L
		regexp=e file=f no-filename=h with-filename=H max-count=m after-context=A before-context=B
		context=C text=a null-data=z include: exclude: exclude-dir: color:: colour:: binary-files:
		line-buffered`)
	given := false
	for o.next() {
		switch o.name {
		case "E":
			g.kind = extended
		case "F":
			g.fixed = true
		case "G":
			g.kind = basic
		case "P":
			g.kind = perl
		case "i":
			g.ignoreCase = true
		case "v":
			g.invert = true
		case "c":
			g.count = true
		case "n":
			g.numbers = true
		case "q":
			g.quiet = true
		case "s":
			g.silent = true
		case "r", "R":
			g.recursive = true
		case "o":
			g.only = true
		case "w":
			g.word = true
		case "x":
			g.line = true
		case "l":
			g.list = true
		case "L":
			g.listWithout = true
		case "e":
			given = true
			patterns = append(patterns, strings.Split(o.arg, "\n")...)
		case "f":
			given = true
			err := g.p.with(o.arg, func(_ string, r io.Reader) error {
				return lines(r, '\n', func(line []byte, _ bool) error {
					patterns = append(patterns, string(line))
					return nil
				})
			})
			if err != nil {
				return nil, nil, fmt.Errorf("%s: %s", o.arg, reason(err))
			}
		case "h":
			g.name = 0
		case "H":
			g.name = 1
		case "a":
			g.asText = true
		case "z":
			g.end = 0
		case "m", "A", "B", "C":
			n, err := strconv.Atoi(o.arg)
			if err != nil {
				return nil, nil, fmt.Errorf("%s: invalid number", o.arg)
			}
			g.setNumber(o.name, n)
		case "include":
			g.include = append(g.include, o.arg)
		case "exclude":
			g.exclude = append(g.exclude, o.arg)
		case "exclude-dir":
			g.excludeDir = append(g.excludeDir, strings.TrimSuffix(o.arg, "/"))
		}
	}
	if o.err != nil {
		return nil, nil, o.err
	}
	operands = o.args
	if !given {
		if len(operands) == 0 {
			return nil, nil, fmt.Errorf("usage: grep [options] pattern [file...]")
		}
		patterns, operands = strings.Split(operands[0], "\n"), operands[1:]
	}
	return patterns, operands, nil
}

func (g *grepper) setNumber(option string, n int) {
	switch option {
	case "m":
		g.max = n
	case "A":
		g.after = n
	case "B":
		g.before = n
	case "C":
		g.before, g.after = n, n
	}
}

// matcher makes one function of all patterns.
func (g *grepper) matcher(patterns []string) (func(line []byte, n int) [][]int, error) {
	if len(patterns) == 0 {
		return func([]byte, int) [][]int { return nil }, nil
	}
	var all []string
	for _, text := range patterns {
		if g.fixed {
			text = regexp.QuoteMeta(text)
		} else {
			re, err := compile(text, g.kind, "")
			if err != nil {
				return nil, err
			}
			text = re.String()
		}
		all = append(all, "(?:"+text+")")
	}
	expr := strings.Join(all, "|")
	if g.line {
		expr = "^(?:" + expr + ")$"
	}
	re, err := g.compile(expr)
	if err != nil || !g.word {
		return re.FindAllIndex, err
	}
	// Most words start and end at boundaries that the expression can see; the others, like -x, are
	// looked for one by one.
	bounded, err := g.compile(`\b(?:` + expr + `)\b`)
	return func(line []byte, n int) [][]int {
		if found := bounded.FindAllIndex(line, n); found != nil {
			return found
		}
		return slices.DeleteFunc(re.FindAllIndex(line, -1), func(loc []int) bool { return !wholeWord(line, loc) })
	}, err
}

func (g *grepper) compile(expr string) (*regexp.Regexp, error) {
	flags := "(?s)"
	if g.ignoreCase {
		flags = "(?si)"
	}
	re, err := regexp.Compile(flags + expr)
	if err == nil && g.kind != perl {
		re.Longest()
	}
	return re, err
}

// wholeWord tells whether a match stands between characters that no word has.
func wholeWord(line []byte, loc []int) bool {
	return (loc[0] == 0 || !wordByte(line[loc[0]-1])) && (loc[1] == len(line) || !wordByte(line[loc[1]])) && loc[0] < loc[1]
}

func wordByte(b byte) bool {
	return b == '_' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= 0x80
}

// operand searches one file of the command line, or a folder with -r.
func (g *grepper) operand(name string) {
	if name == "-" || !g.recursive {
		g.file(name)
		return
	}
	info, err := os.Stat(g.p.path(name))
	if err != nil || !info.IsDir() {
		g.file(name)
		return
	}
	g.folder(name)
}

func (g *grepper) folder(name string) {
	entries, err := os.ReadDir(g.p.path(name))
	if err != nil {
		g.fail(name, err)
		return
	}
	for _, e := range entries {
		child := join(name, e.Name())
		if name == "." && len(g.p.Args) > 0 && !g.dotGiven() {
			child = e.Name()
		}
		switch {
		case g.quiet && g.found:
			return
		case e.IsDir():
			if !matchAny(g.excludeDir, e.Name()) {
				g.folder(child)
			}
		case e.Type()&^fs.ModeSymlink != 0, matchAny(g.exclude, e.Name()), len(g.include) > 0 && !matchAny(g.include, e.Name()):
		case e.Type()&fs.ModeSymlink == 0:
			g.file(child)
		}
	}
}

// dotGiven tells whether the folder . was named, and not just the default.
func (g *grepper) dotGiven() bool {
	for _, a := range g.p.Args[1:] {
		if a == "." {
			return true
		}
	}
	return false
}

func matchAny(patterns []string, name string) bool {
	for _, p := range patterns {
		if ok, _ := filepath.Match(p, name); ok {
			return true
		}
	}
	return false
}

func (g *grepper) fail(name string, err error) {
	g.failed = true
	if !g.silent {
		g.p.fail(name, err)
	}
}

// file searches one file.
func (g *grepper) file(name string) {
	s := grepFile{g: g, name: name}
	if name == "-" {
		s.name = "(standard input)"
	}
	if err := g.p.with(name, s.search); err != nil {
		g.fail(name, err)
		return
	}
	g.found = g.found || s.selected > 0 != g.listWithout
	switch {
	case g.quiet:
	case g.list && s.selected > 0, g.listWithout && s.selected == 0:
		fmt.Fprintln(g.p.out, s.name)
	case g.list || g.listWithout:
	case g.count:
		s.prefix(0, 0)
		fmt.Fprintln(g.p.out, s.selected)
	}
}

// grepFile is the search of one file. context keeps or prints a line that was not selected. prefix
// writes what comes before a line: the file's name and the line's number. Before a count, with mark
// 0, it is the name alone.
