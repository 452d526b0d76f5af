package tool

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/interp"
	"mvdan.cc/sh/v3/syntax"
)

// env prints the environment, or runs a command in a changed one.
func env(ctx context.Context, p *Process) int {
	if len(p.Args) > 2 && strings.HasPrefix(p.Args[1], "-S") { // as in `#!/usr/bin/env -S sh -e`
		words := strings.Fields(strings.TrimPrefix(p.Args[1], "-S"))
		p.Args = slices.Concat(p.Args[:1], words, p.Args[2:])
	}
	f, ok := p.flags("+iu:0C:", "ignore-environment=i unset=u null=0 chdir=C")
	if !ok {
		return 125
	}
	child, words := *p, f.args
	child.Env = slices.Clone(p.Env)
	if f.on("i") || len(words) > 0 && words[0] == "-" {
		child.Env = nil
	}
	if f.on("C") {
		child.Dir = p.path(f.value("C"))
	}
	if len(words) > 0 && words[0] == "-" {
		words = words[1:]
	}
	for _, name := range f.given["u"] {
		child.Env = without(child.Env, name)
	}
	for len(words) > 0 && strings.Contains(words[0], "=") {
		name, _, _ := strings.Cut(words[0], "=")
		child.Env = append(without(child.Env, name), words[0])
		words = words[1:]
	}
	if len(words) > 0 {
		return child.run(ctx, words)
	}
	for _, kv := range child.Env {
		fmt.Fprint(p.out, kv, map[bool]string{true: "\x00", false: "\n"}[f.on("0")])
	}
	return 0
}

func without(env []string, name string) []string {
	return slices.DeleteFunc(env, func(kv string) bool { return strings.HasPrefix(kv, name+"=") })
}

// sleep waits for the sum of its arguments.
func sleep(ctx context.Context, p *Process) int {
	if len(p.Args) == 1 {
		return p.usage("missing operand")
	}
	total := time.Duration(0)
	for _, a := range p.Args[1:] {
		d, err := parseInterval(a)
		if err != nil {
			return p.usage("%v", err)
		}
		total += d
	}
	select {
	case <-time.After(total):
		return 0
	case <-ctx.Done():
		return 128 + int(syscall.SIGTERM)
	}
}

// parseInterval reads seconds, or a number with s, m, h or d.
func parseInterval(text string) (time.Duration, error) {
	unit, number := time.Second, text
	if n := len(text) - 1; n > 0 {
		if u, ok := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour}[text[n]]; ok {
			unit, number = u, text[:n]
		}
	}
	f, err := strconv.ParseFloat(number, 64)
	if err != nil || f < 0 || f*float64(unit) > 1<<62 {
		return 0, fmt.Errorf("invalid time interval '%s'", text)
	}
	return time.Duration(f * float64(unit)), nil
}

// yes prints a line until nobody reads it any more.
func yes(ctx context.Context, p *Process) int {
	line := "y\n"
	if len(p.Args) > 1 {
		line = strings.Join(p.Args[1:], " ") + "\n"
	}
	block := strings.Repeat(line, max(1, 4096/len(line)))
	for ctx.Err() == nil {
		p.out.WriteString(block)
	}
	return 0
}

// always returns a tool that does nothing and ends with a status.
func always(status int) func(context.Context, *Process) int {
	return func(context.Context, *Process) int { return status }
}

// kill sends a signal to processes: kill [-SIGNAL] PID...
func kill(_ context.Context, p *Process) int {
	args := p.Args[1:]
	signal := syscall.SIGTERM
	if len(args) > 1 && args[0] == "-s" {
		args = append([]string{"-" + args[1]}, args[2:]...)
	}
	if len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' && args[0] != "--" {
		name := strings.TrimPrefix(strings.ToUpper(args[0][1:]), "SIG")
		if n, err := strconv.Atoi(name); err == nil {
			signal = syscall.Signal(n)
		} else if signal = unix.SignalNum("SIG" + name); signal == 0 {
			return p.usage("%s: invalid signal", args[0][1:])
		}
		args = args[1:]
	}
	if len(args) == 0 {
		return p.usage("usage: kill [-signal] pid...")
	}
	status := 0
	for _, a := range args {
		pid, err := strconv.Atoi(a)
		if err != nil {
			status = p.usage("(%s): no such process; a job of this shell has no process of its own", a)
		} else if err := syscall.Kill(pid, signal); err != nil {
			status = p.usage("(%s) - %s", a, reason(err))
		}
	}
	return status
}

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

// seq prints numbers: seq [FIRST [STEP]] LAST
func seq(ctx context.Context, p *Process) int {
	var separator, format = "\n", ""
	pad := false
	args := p.Args[1:]
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' && strings.IndexByte("swf", args[0][1]) >= 0 {
		letter, value := args[0][1], args[0][2:]
		args = args[1:]
		if letter == 'w' {
			pad = true
			continue
		}
		if value == "" && len(args) > 0 {
			value, args = args[0], args[1:]
		}
		if letter == 's' {
			separator = value
		} else {
			format = value
		}
	}
	if len(args) < 1 || len(args) > 3 {
		return p.usage("usage: seq [-w] [-s separator] [-f format] [first [step]] last")
	}
	texts := []string{"1", "1", args[len(args)-1]} // first, step, last
	copy(texts, args[:len(args)-1])
	var v [3]float64
	for i, text := range texts {
		var err error
		if v[i], err = strconv.ParseFloat(text, 64); err != nil || i == 1 && v[i] == 0 {
			return p.usage("invalid argument: '%s'", text)
		}
	}
	decimals := max(fractionDigits(texts[0]), fractionDigits(texts[1]))
	width := 0
	if pad {
		width = max(len(strconv.FormatFloat(v[0], 'f', decimals, 64)), len(strconv.FormatFloat(v[2], 'f', decimals, 64)))
	}
	if format == "" {
		format = fmt.Sprintf("%%0%d.%df", width, decimals)
	} else if !strings.Contains(format, "%") || strings.ContainsAny(format, "sdvqxT") {
		return p.usage("format '%s' has no %% directive", format)
	}
	n := math.Floor((v[2]-v[0])/v[1] + 1e-9)
	for i := 0.0; i <= n && ctx.Err() == nil; i++ {
		if i > 0 {
			p.out.WriteString(separator)
		}
		fmt.Fprintf(p.out, format, v[0]+i*v[1])
	}
	p.endLine(n >= 0)
	return 0
}

func fractionDigits(text string) int {
	_, fraction, _ := strings.Cut(text, ".")
	return len(fraction)
}
