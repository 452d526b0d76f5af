//go:build linux

package tool

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/interp"
	"mvdan.cc/sh/v3/syntax"
)

// test evaluates an expression, as the shell's builtin does; [ is the same with a closing bracket.
// The status is 0 for true, 1 for false, 2 for an error.
func test(ctx context.Context, p *Process) int {
	words := p.Args[1:]
	for i, word := range words {
		if i == 0 || i+1 == len(words) || !strings.Contains(" -eq -ne -lt -le -gt -ge ", " "+word+" ") {
			continue
		}
		for _, number := range []string{words[i-1], words[i+1]} { // the builtin takes any other text for 0
			if _, err := strconv.Atoi(strings.TrimSpace(number)); err != nil {
				p.errorf("invalid integer '%s'", number)
				return 2
			}
		}
	}
	script, err := syntax.NewParser().Parse(strings.NewReader(p.Name()+` "$@"`), p.Name())
	if err != nil {
		p.errorf("%v", err)
		return 2
	}
	runner, err := interp.New(
		interp.Env(expand.ListEnviron(p.Env...)), interp.Dir(p.Dir), interp.StdIO(p.stdin(), p.out, p.Stderr),
		interp.Params(append([]string{"--"}, words...)...),
	)
	if err == nil {
		err = runner.Run(ctx, script)
	}
	if status, ok := errors.AsType[interp.ExitStatus](err); ok {
		return int(status)
	}
	if err != nil {
		p.errorf("%v", err)
		return 2
	}
	return 0
}
