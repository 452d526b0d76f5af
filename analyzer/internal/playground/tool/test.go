//go:build linux

package tool

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// test evaluates an expression; [ is the same with a closing bracket. The status is 0 for true, 1
// for false, 2 for an error.
func test(_ context.Context, p *Process) int {
	words := p.Args[1:]
	if p.Name() == "[" {
		if len(words) == 0 || words[len(words)-1] != "]" {
			p.errorf("missing ']'")
			return 2
		}
		words = words[:len(words)-1]
	}
	if len(words) == 0 {
		return 1
	}
	t := tester{p: p, words: words}
	result, err := t.or()
	if err == nil && len(t.words) > 0 {
		err = fmt.Errorf("extra argument '%s'", t.words[0])
	}
	switch {
	case err != nil:
		p.errorf("%v", err)
		return 2
	case result:
		return 0
	}
	return 1
}

// tester reads an expression from left to right.
type tester struct {
	p     *Process
	words []string
}

func (t *tester) take() string {
	w := t.words[0]
	t.words = t.words[1:]
	return w
}

func (t *tester) or() (bool, error) {
	result, err := t.and()
	for err == nil && len(t.words) > 0 && t.words[0] == "-o" {
		t.take()
		var right bool
		right, err = t.and()
		result = result || right
	}
	return result, err
}

func (t *tester) and() (bool, error) {
	result, err := t.not()
	for err == nil && len(t.words) > 0 && t.words[0] == "-a" {
		t.take()
		var right bool
		right, err = t.not()
		result = result && right
	}
	return result, err
}

func (t *tester) not() (bool, error) {
	if len(t.words) > 1 && t.words[0] == "!" && !t.binaryNext() {
		t.take()
		result, err := t.not()
		return !result, err
	}
	return t.primary()
}

// binaryNext tells whether the second word is an operator between two others.
func (t *tester) binaryNext() bool {
	return len(t.words) >= 3 && binaryTest(t.words[1]) != nil
}

func (t *tester) primary() (bool, error) {
	if len(t.words) == 0 {
		return false, errors.New("argument expected")
	}
	if t.binaryNext() {
		left, op, right := t.take(), t.take(), t.take()
		return binaryTest(op)(t.p, left, right)
	}
	if t.words[0] == "(" && len(t.words) > 2 {
		t.take()
		result, err := t.or()
		if err == nil && (len(t.words) == 0 || t.take() != ")") {
			err = errors.New("')' expected")
		}
		return result, err
	}
	if op := t.words[0]; len(t.words) > 1 && isUnaryTest(op) && t.words[1] != "-a" && t.words[1] != "-o" {
		t.take()
		return t.p.unaryTest(op[1], t.take())
	}
	return t.take() != "", nil
}

func isUnaryTest(op string) bool {
	return len(op) == 2 && op[0] == '-' && strings.IndexByte("bcdefghknprstuwxzLOGSN", op[1]) >= 0
}

// binaryTest returns the operator of this name, or nil.
func binaryTest(op string) func(p *Process, a, b string) (bool, error) {
	switch op {
	case "=", "==":
		return func(_ *Process, a, b string) (bool, error) { return a == b, nil }
	case "!=":
		return func(_ *Process, a, b string) (bool, error) { return a != b, nil }
	case "<":
		return func(_ *Process, a, b string) (bool, error) { return a < b, nil }
	case ">":
		return func(_ *Process, a, b string) (bool, error) { return a > b, nil }
	case "-eq", "-ne", "-lt", "-le", "-gt", "-ge":
		return func(_ *Process, a, b string) (bool, error) { return compareIntegers(op, a, b) }
	case "-nt", "-ot", "-ef":
		return func(p *Process, a, b string) (bool, error) { return p.compareFiles(op, a, b), nil }
	}
	return nil
}

func compareIntegers(op, a, b string) (bool, error) {
	x, err := strconv.ParseInt(strings.TrimSpace(a), 10, 64)
	if err != nil {
		return false, fmt.Errorf("invalid integer '%s'", a)
	}
	y, err := strconv.ParseInt(strings.TrimSpace(b), 10, 64)
	if err != nil {
		return false, fmt.Errorf("invalid integer '%s'", b)
	}
	switch op {
	case "-eq":
		return x == y, nil
	case "-ne":
		return x != y, nil
	case "-lt":
		return x < y, nil
	case "-le":
		return x <= y, nil
	case "-gt":
		return x > y, nil
	}
	return x >= y, nil
}

func (p *Process) compareFiles(op, a, b string) bool {
	x, errX := os.Stat(p.path(a))
	y, errY := os.Stat(p.path(b))
	switch op {
	case "-nt":
		return errX == nil && (errY != nil || x.ModTime().After(y.ModTime()))
	case "-ot":
		return errY == nil && (errX != nil || x.ModTime().Before(y.ModTime()))
	}
	return errX == nil && errY == nil && os.SameFile(x, y)
}

func (p *Process) unaryTest(op byte, arg string) (bool, error) {
	path := p.path(arg)
	switch op {
	case 'n':
		return arg != "", nil
	case 'z':
		return arg == "", nil
	case 't':
		fd, err := strconv.Atoi(arg)
		if err != nil {
			return false, fmt.Errorf("invalid integer '%s'", arg)
		}
		return p.isTerminal(fd), nil
	case 'h', 'L':
		info, err := os.Lstat(path)
		return err == nil && info.Mode()&fs.ModeSymlink != 0, nil
	case 'r':
		return arg != "" && unix.Access(path, unix.R_OK) == nil, nil
	case 'w':
		return arg != "" && unix.Access(path, unix.W_OK) == nil, nil
	case 'x':
		return arg != "" && unix.Access(path, unix.X_OK) == nil, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return false, nil
	}
	return fileTest(op, info), nil
}

func fileTest(op byte, info fs.FileInfo) bool {
	uid, gid := owner(info)
	mode := info.Mode()
	switch op {
	case 's':
		return info.Size() > 0
	case 'f':
		return mode.IsRegular()
	case 'd', 'b', 'c', 'p':
		return typeLetter(mode) == op
	case 'S':
		return mode&fs.ModeSocket != 0
	case 'u':
		return mode&fs.ModeSetuid != 0
	case 'g':
		return mode&fs.ModeSetgid != 0
	case 'k':
		return mode&fs.ModeSticky != 0
	case 'O':
		return uid == os.Geteuid()
	case 'G':
		return gid == os.Getegid()
	case 'N':
		return info.ModTime().After(accessTime(info))
	}
	return op == 'e'
}

// isTerminal looks at the tool's own streams, which need not be the process's.
func (p *Process) isTerminal(fd int) bool {
	var stream any
	switch fd {
	case 0:
		stream = p.Stdin
	case 1:
		stream = p.Stdout
	case 2:
		stream = p.Stderr
	}
	f, ok := stream.(*os.File)
	if !ok || f == nil {
		return false
	}
	raw, err := f.SyscallConn()
	if err != nil {
		return false
	}
	terminal := false
	raw.Control(func(fd uintptr) { terminal = term.IsTerminal(int(fd)) })
	return terminal
}
