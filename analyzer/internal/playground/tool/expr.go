//go:build linux

package tool

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"
)

// expr evaluates an expression of separate words. Its status is 1 when the result is empty or 0.
func expr(_ context.Context, p *Process) int {
	words := p.Args[1:]
	if len(words) > 0 && words[0] == "--" {
		words = words[1:]
	}
	e := expression{words: words}
	value, err := e.level(0)
	if err == nil && len(e.words) > 0 {
		err = fmt.Errorf("syntax error: unexpected argument '%s'", e.words[0])
	}
	if err != nil {
		p.errorf("%v", err)
		return 2
	}
	fmt.Fprintln(p.out, value)
	if null(value) {
		return 1
	}
	return 0
}

type expression struct{ words []string }

// exprLevels are the operators, those that bind loosest first.
var exprLevels = [][]string{{"|"}, {"&"}, {"<", "<=", "=", "==", "!=", ">=", ">"}, {"+", "-"}, {"*", "/", "%"}, {":"}}

func null(s string) bool { return s == "" || s == "0" }

// level reads operators of one precedence, from left to right.
func (e *expression) level(n int) (string, error) {
	if n == len(exprLevels) {
		return e.operand()
	}
	left, err := e.level(n + 1)
	for err == nil && len(e.words) > 0 {
		op, ok := e.operator(exprLevels[n])
		if !ok {
			return left, nil
		}
		var right string
		if right, err = e.level(n + 1); err == nil {
			left, err = applyExpr(op, left, right)
		}
	}
	return left, err
}

func (e *expression) operator(ops []string) (string, bool) {
	for _, op := range ops {
		if e.words[0] == op {
			e.words = e.words[1:]
			return op, true
		}
	}
	return "", false
}

func (e *expression) operand() (string, error) {
	if len(e.words) == 0 {
		return "", errors.New("syntax error: missing argument")
	}
	word := e.words[0]
	e.words = e.words[1:]
	switch {
	case word == "(":
		value, err := e.level(0)
		if err == nil && (len(e.words) == 0 || e.words[0] != ")") {
			return "", errors.New("syntax error: expecting ')'")
		}
		if err == nil {
			e.words = e.words[1:]
		}
		return value, err
	case word == "length" && len(e.words) > 0:
		s, err := e.operand()
		return strconv.Itoa(utf8.RuneCountInString(s)), err
	case word == "match" && len(e.words) > 1:
		s, err1 := e.operand()
		re, err2 := e.operand()
		if err := errors.Join(err1, err2); err != nil {
			return "", err
		}
		return matchExpr(s, re)
	case word == "index" && len(e.words) > 1:
		s, err1 := e.operand()
		set, err2 := e.operand()
		return strconv.Itoa(strings.IndexAny(s, set) + 1), errors.Join(err1, err2)
	case word == "substr" && len(e.words) > 2:
		return e.substring()
	}
	return word, nil
}

func (e *expression) substring() (string, error) {
	s, err1 := e.operand()
	from, err2 := e.operand()
	length, err3 := e.operand()
	start, err4 := strconv.Atoi(from)
	n, err5 := strconv.Atoi(length)
	if err := errors.Join(err1, err2, err3); err != nil {
		return "", err
	}
	if err4 != nil || err5 != nil || start < 1 || n < 1 || start > len(s) {
		return "", nil
	}
	return s[start-1 : min(start-1+n, len(s))], nil
}

func applyExpr(op, a, b string) (string, error) {
	switch op {
	case "|":
		if !null(a) {
			return a, nil
		}
		if !null(b) {
			return b, nil
		}
		return "0", nil
	case "&":
		if null(a) || null(b) {
			return "0", nil
		}
		return a, nil
	case ":":
		return matchExpr(a, b)
	}
	x, okX := new(big.Int).SetString(a, 10)
	y, okY := new(big.Int).SetString(b, 10)
	if strings.ContainsAny(op, "<=>") {
		c := strings.Compare(a, b)
		if okX && okY {
			c = x.Cmp(y)
		}
		truth := map[string]bool{"<": c < 0, "<=": c <= 0, "=": c == 0, "==": c == 0, "!=": c != 0, ">=": c >= 0, ">": c > 0}[op]
		if truth {
			return "1", nil
		}
		return "0", nil
	}
	if !okX || !okY {
		return "", errors.New("non-integer argument")
	}
	switch op {
	case "+":
		return x.Add(x, y).String(), nil
	case "-":
		return x.Sub(x, y).String(), nil
	case "*":
		return x.Mul(x, y).String(), nil
	}
	if y.Sign() == 0 {
		return "", errors.New("division by zero")
	}
	if op == "/" {
		return x.Quo(x, y).String(), nil
	}
	return x.Rem(x, y).String(), nil
}

// matchExpr matches at the start of s, and returns the first group, or else the length of the match.
func matchExpr(s, pattern string) (string, error) {
	re, err := compilePOSIX(pattern, basic, "")
	if err != nil {
		return "", err
	}
	loc := re.FindStringSubmatchIndex(s)
	matched := loc != nil && loc[0] == 0
	if re.NumSubexp() > 0 {
		if !matched || loc[2] < 0 {
			return "", nil
		}
		return s[loc[2]:loc[3]], nil
	}
	if !matched {
		return "0", nil
	}
	return strconv.Itoa(utf8.RuneCountInString(s[:loc[1]])), nil
}
