//go:build linux

package tool

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
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

// printenv prints variables.
func printenv(ctx context.Context, p *Process) int {
	if len(p.Args) == 1 {
		return env(ctx, p)
	}
	status := 0
	for _, name := range p.Args[1:] {
		if value, ok := p.getenv(name); ok {
			fmt.Fprintln(p.out, value)
		} else {
			status = 1
		}
	}
	return status
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
	if text == "infinity" || text == "inf" {
		return 1<<63 - 1, nil
	}
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

// timeout runs a command and ends it after a time, with the status 124.
func timeout(ctx context.Context, p *Process) int {
	f, ok := p.flags("+s:k:v", "signal=s kill-after=k preserve-status foreground verbose=v")
	if !ok {
		return 125
	}
	if len(f.args) < 2 {
		p.errorf("missing operand")
		return 125
	}
	d, err := parseInterval(f.args[0])
	if err != nil {
		p.errorf("%v", err)
		return 125
	}
	child := *p
	child.Args = f.args[1:]
	path, err := p.lookPath(child.Args[0])
	if err != nil {
		return child.notFound(err)
	}
	limited := ctx
	if d > 0 {
		var cancel context.CancelFunc
		limited, cancel = context.WithTimeout(ctx, d)
		defer cancel()
	}
	p.out.Flush()
	// In a process of its own, even if it is a tool of this image: one that waits for input could
	// not be ended here.
	status := child.child(limited, path)
	if limited.Err() != nil && ctx.Err() == nil {
		return 124
	}
	return status
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
