package shell

import (
	"fmt"
	"strings"
	"sync"

	"mvdan.cc/sh/v3/syntax"
)

// A longer script is a program, of which little can be said here. The bounds keep
// the depth of the tree small, and the time: the parser looks behind every open
// parenthesis for what it opens.
const (
	maxScript      = 64 << 10
	maxParentheses = 4 << 10
)

var parsers = sync.Pool{New: func() any { return syntax.NewParser(syntax.Variant(syntax.LangBash)) }}

// read parses a script. Errexit says that its shell was started with -e; depth
// counts the strings of scripts that it stands in.
func read(src *source, errexit bool, depth int) ([]Command, error) {
	if len(src.text) > maxScript {
		return nil, fmt.Errorf("script of %d bytes is longer than the %d that are read", len(src.text), maxScript)
	}
	if strings.Count(src.text, "(") > maxParentheses {
		return nil, fmt.Errorf("script has more than %d parentheses", maxParentheses)
	}
	p := parsers.Get().(*syntax.Parser)
	defer parsers.Put(p)
	file, err := p.Parse(strings.NewReader(src.text), "")
	if err != nil {
		return nil, fmt.Errorf("parse shell script: %w", err)
	}
	w := &walker{src: src, errexit: errexit}
	w.list(file.Stmts, place{})
	return inner(w.out, depth)
}

// walker collects the simple commands of a syntax tree.
type walker struct {
	src *source
	out []Command
	dir string
	// lost says that dir is not known any more.
	lost    bool
	errexit bool // set -e
}

// place is what surrounds a statement.
type place struct {
	op          string
	piped       bool
	conditional bool
	tolerated   bool
	handled     bool
	substituted bool
	redirects   []Redirect
}

func (w *walker) list(stmts []*syntax.Stmt, at place) {
	for i, s := range stmts {
		p := at
		if i > 0 {
			p.op = ";"
			if stmts[i-1].Background {
				p.op = "&"
			}
		}
		if i < len(stmts)-1 && !w.errexit {
			p.tolerated = true
		}
		w.stmt(s, p)
	}
}

func (w *walker) stmt(s *syntax.Stmt, at place) {
	if s.Negated || s.Background {
		at.tolerated, at.handled = true, true
	}
	switch c := s.Cmd.(type) {
	case *syntax.BinaryCmd:
		w.outer(s, &at)
		w.binary(c, at)
	case *syntax.CallExpr:
		w.call(s, c, at)
	case nil:
		w.redirects(s, at)
	default:
		w.outer(s, &at)
		w.compound(c, at)
	}
}

// outer hands the redirections of a compound command to the commands in it.
func (w *walker) outer(s *syntax.Stmt, at *place) {
	if r := w.redirects(s, *at); len(r) > 0 {
		at.redirects = append(at.redirects[:len(at.redirects):len(at.redirects)], r...)
	}
}

func (w *walker) binary(c *syntax.BinaryCmd, at place) {
	left, right := at, at
	switch right.op = c.Op.String(); c.Op {
	case syntax.OrStmt:
		left.tolerated, left.handled, right.conditional = true, true, true
	case syntax.Pipe, syntax.PipeAll:
		left.piped, left.tolerated, right.op = true, true, "|"
	}
	w.stmt(c.X, left)
	if c.Op == syntax.Pipe || c.Op == syntax.PipeAll {
		w.shielded(func() { w.stmt(c.Y, right) })
		return
	}
	if c.Op == syntax.AndStmt && at.tolerated {
		right.conditional = true // the step goes on without it
	}
	w.stmt(c.Y, right)
}

func (w *walker) compound(c syntax.Command, at place) {
	inside, cond := at, at
	inside.conditional, cond.tolerated, cond.handled = true, true, true
	inside.op = ""
	switch c := c.(type) {
	case *syntax.Subshell:
		w.shielded(func() { w.list(c.Stmts, at) })
	case *syntax.Block:
		w.list(c.Stmts, at)
	case *syntax.IfClause:
		for i := c; i != nil; i = i.Else {
			w.list(i.Cond, cond)
			w.branch(i.Then, inside)
			cond.conditional = true
		}
	case *syntax.WhileClause:
		w.list(c.Cond, cond)
		w.branch(c.Do, inside)
	case *syntax.ForClause:
		w.words(c.Loop, at)
		w.branch(c.Do, inside)
	case *syntax.CaseClause:
		w.words(c.Word, at)
		for _, item := range c.Items {
			w.branch(item.Stmts, inside)
		}
	case *syntax.FuncDecl:
		w.shielded(func() { w.branch([]*syntax.Stmt{c.Body}, inside) })
	case *syntax.TimeClause:
		if c.Stmt != nil {
			w.stmt(c.Stmt, at)
		}
	case *syntax.DeclClause:
		w.words(c, at)
		w.declare(c, at)
	case *syntax.TestClause:
		w.words(c, at)
	}
}

// branch reads statements that may be skipped. A cd among them leaves the
// folder unknown.
func (w *walker) branch(stmts []*syntax.Stmt, at place) {
	dir, lost := w.dir, w.lost
	w.list(stmts, at)
	if w.dir != dir || w.lost != lost {
		w.dir, w.lost = "", true
	}
}

// shielded reads what runs in a shell of its own, whose cd has no effect here.
func (w *walker) shielded(f func()) {
	dir, lost, errexit := w.dir, w.lost, w.errexit
	f()
	w.dir, w.lost, w.errexit = dir, lost, errexit
}

// words reads the commands in the substitutions of a node.
func (w *walker) words(n syntax.Node, at place) {
	if n == nil {
		return
	}
	sub := place{substituted: true, conditional: at.conditional, tolerated: at.tolerated}
	syntax.Walk(n, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.CmdSubst:
			w.shielded(func() { w.list(n.Stmts, sub) })
			return false
		case *syntax.ProcSubst:
			sub := sub
			sub.tolerated = true
			w.shielded(func() { w.list(n.Stmts, sub) })
			return false
		}
		return true
	})
}
