//go:build linux

package tool

import (
	"context"
	"io"
	"strconv"
	"strings"
	"sync"
)

// xargs runs a command with words from standard input as further arguments.
func xargs(ctx context.Context, p *Process) int {
	x := xarguments{p: p, ctx: ctx, jobs: 1}
	o := p.options("+0rtn:L:I:P:d:s:E:xi::a:p", `
		null=0 no-run-if-empty=r verbose=t max-args=n max-lines=L replace=i max-procs=P delimiter=d
		max-chars=s exit=x arg-file=a`)
	file := "-"
	for o.next() {
		switch o.name {
		case "0":
			x.delim = "\x00"
		case "d":
			x.delim, _ = unescape(o.arg, false)
		case "r":
			x.skipEmpty = true
		case "t":
			x.verbose = true
		case "I", "i":
			if x.replace = o.arg; x.replace == "" {
				x.replace = "{}"
			}
		case "a":
			file = o.arg
		case "n", "L", "P", "s":
			n, err := strconv.Atoi(o.arg)
			if err != nil || n < 0 {
				return p.usage("invalid number \"%s\" for -%s option", o.arg, o.name)
			}
			switch o.name {
			case "n":
				x.max = n
			case "L":
				x.max, x.byLine = n, true
			case "P":
				x.jobs = n
			}
		}
	}
	if o.err != nil {
		return p.usage("%v", o.err)
	}
	if x.command = o.args; len(x.command) == 0 {
		x.command = []string{"echo"}
	}
	text, err := p.readAll(file)
	if err != nil {
		return p.fail(file, err)
	}
	words, ok := x.words(text)
	if !ok {
		return p.usage("unmatched quote; by default quotes are special to xargs unless you use the -0 option")
	}
	return x.run(words)
}

type xarguments struct {
	p                          *Process
	ctx                        context.Context
	command                    []string
	delim, replace             string
	max, jobs                  int // 0: as many as fit
	byLine, skipEmpty, verbose bool
}

// words splits the input: at the delimiter, at line ends with -I and -L, else at blanks that are not quoted.
func (x *xarguments) words(text string) (words []string, ok bool) {
	switch {
	case x.delim != "":
		text = strings.TrimSuffix(text, x.delim[:1])
		if text == "" {
			return nil, true
		}
		return strings.Split(text, x.delim[:1]), true
	case x.replace != "" || x.byLine:
		for line := range strings.SplitSeq(text, "\n") {
			if line = strings.TrimLeft(line, " \t"); line != "" {
				words = append(words, unquote(line))
			}
		}
		return words, true
	}
	return splitQuoted(text)
}

// unquote removes quotes and backslashes from a line.
func unquote(line string) string {
	var b strings.Builder
	quote := byte(0)
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case c == quote && quote != 0:
			quote = 0
		case c == '\\' && quote == 0 && i+1 < len(line):
			i++
			b.WriteByte(line[i])
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// splitQuoted splits at blanks and line ends.
func splitQuoted(text string) (words []string, ok bool) {
	var b strings.Builder
	quote, inWord := byte(0), false
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			if c == '\n' {
				return nil, false
			}
			b.WriteByte(c)
		case c == '"' || c == '\'':
			quote, inWord = c, true
		case c == '\\' && i+1 < len(text):
			i++
			b.WriteByte(text[i])
			inWord = true
		case c == ' ' || c == '\t' || c == '\n':
			if inWord {
				words = append(words, b.String())
				b.Reset()
				inWord = false
			}
		default:
			b.WriteByte(c)
			inWord = true
		}
	}
	if inWord {
		words = append(words, b.String())
	}
	return words, quote == 0
}

// run starts the commands and returns 123 if one failed, or what says that it could not be run.
func (x *xarguments) run(words []string) int {
	var calls [][]string
	switch {
	case x.replace != "":
		for _, w := range words {
			call := make([]string, len(x.command))
			for i, c := range x.command {
				call[i] = strings.ReplaceAll(c, x.replace, w)
			}
			calls = append(calls, call)
		}
	case len(words) == 0 && !x.skipEmpty:
		calls = [][]string{x.command}
	default:
		calls = x.batches(words)
	}
	if x.jobs != 1 {
		return x.parallel(calls)
	}
	status := 0
	for _, call := range calls {
		if status = max(status, x.call(call)); status >= 124 || x.ctx.Err() != nil {
			break
		}
	}
	return status
}

func (x *xarguments) batches(words []string) (calls [][]string) {
	for len(words) > 0 {
		n, size := 0, 0
		for n < len(words) && (x.max == 0 || n < x.max) && (n == 0 || size+len(words[n]) < maxCommandLine) {
			size += len(words[n]) + 9
			n++
		}
		batch := words[:n]
		if x.byLine {
			batch, _ = splitQuoted(strings.Join(batch, "\n"))
		}
		calls = append(calls, append(x.command[:len(x.command):len(x.command)], batch...))
		words = words[n:]
	}
	return calls
}

// parallel runs up to jobs commands at once; 0 is all.
func (x *xarguments) parallel(calls [][]string) int {
	x.p.out.Flush()
	var wg sync.WaitGroup
	var mu sync.Mutex
	status := 0
	if x.jobs == 0 {
		x.jobs = max(len(calls), 1)
	}
	slots := make(chan struct{}, x.jobs)
	for _, call := range calls {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			s := x.call(call)
			mu.Lock()
			defer mu.Unlock()
			status = max(status, s)
		})
	}
	wg.Wait()
	return status
}

// call runs one command and returns xargs's own status for it.
func (x *xarguments) call(args []string) int {
	if x.verbose {
		io.WriteString(x.p.Stderr, strings.Join(args, " ")+"\n")
	}
	child := *x.p
	child.Args, child.Stdin = args, strings.NewReader("")
	if x.jobs == 1 {
		x.p.out.Flush()
	}
	switch s := Command(x.ctx, &child); {
	case s == 0, s == statusNotFound, s == statusNotExecutable:
		return s
	case s > 128:
		return 125
	case s == 255:
		return 124
	}
	return 123
}
