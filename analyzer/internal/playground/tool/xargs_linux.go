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
	f, ok := p.flags("+0rtn:L:I:P:d:", `null=0 no-run-if-empty=r verbose=t max-args=n max-lines=L max-procs=P
		delimiter=d`)
	if !ok {
		return 1
	}
	x := xarguments{p: p, ctx: ctx, replace: f.value("I"), jobs: 1, skipEmpty: f.on("r"), verbose: f.on("t"), byLine: f.on("L")}
	x.delim, _ = unescape(f.value("d"), false)
	if f.on("0") {
		x.delim = "\x00"
	}
	for name, n := range map[string]*int{"n": &x.max, "L": &x.max, "P": &x.jobs} {
		if !f.on(name) {
			continue
		}
		var err error
		if *n, err = strconv.Atoi(f.value(name)); err != nil || *n < 0 {
			return p.usage("invalid number \"%s\" for -%s option", f.value(name), name)
		}
	}
	if x.command = f.args; len(x.command) == 0 {
		x.command = []string{"echo"}
	}
	text, err := io.ReadAll(p.stdin())
	if err != nil {
		return p.fail("-", err)
	}
	words, ok := x.words(string(text))
	if !ok {
		return p.usage("unmatched quote; by default quotes are special to xargs unless you use the -0 option")
	}
	return x.run(x.calls(words))
}

type xarguments struct {
	p                          *Process
	ctx                        context.Context
	command                    []string
	delim, replace             string
	max, jobs                  int // 0: as many as fit
	byLine, skipEmpty, verbose bool
}

// words splits the input: at the delimiter, at line ends with -I and -L, else at blanks that are not
// quoted. ok is false when a quote is not closed.
func (x *xarguments) words(text string) (words []string, ok bool) {
	switch {
	case x.delim != "":
		if text = strings.TrimSuffix(text, x.delim[:1]); text == "" {
			return nil, true
		}
		return strings.Split(text, x.delim[:1]), true
	case x.replace != "" || x.byLine:
		for line := range strings.Lines(text) {
			if line = strings.Trim(line, " \t\n"); line == "" {
				continue
			}
			parts, ok := splitQuoted(line, "\n")
			if !ok {
				return nil, false
			}
			words = append(words, parts...)
		}
		return words, true
	}
	return splitQuoted(text, " \t\n")
}

// splitQuoted splits at separators outside of quotes, and removes quotes and backslashes.
func splitQuoted(text, separators string) (words []string, ok bool) {
	var b strings.Builder
	quote, inWord := byte(0), false
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quote != 0 && c == quote:
			quote = 0
			continue
		case quote != 0 && c == '\n':
			return nil, false
		case quote != 0:
		case c == '"' || c == '\'':
			quote, inWord = c, true
			continue
		case c == '\\' && i+1 < len(text):
			i++
			c = text[i]
		case strings.IndexByte(separators, c) >= 0:
			if inWord {
				words = append(words, b.String())
			}
			b.Reset()
			inWord = false
			continue
		}
		b.WriteByte(c)
		inWord = true
	}
	if inWord {
		words = append(words, b.String())
	}
	return words, quote == 0
}

// calls makes the command lines.
func (x *xarguments) calls(words []string) (calls [][]string) {
	if len(words) == 0 && x.replace == "" && !x.skipEmpty {
		return [][]string{x.command}
	}
	for len(words) > 0 {
		n, size := 0, 0
		for n < len(words) && (x.max == 0 || n < x.max) && (n == 0 || size+len(words[n]) < maxCommandLine) {
			size += len(words[n]) + 9
			n++
		}
		var call []string
		switch {
		case x.replace != "":
			n = 1
			for _, c := range x.command {
				call = append(call, strings.ReplaceAll(c, x.replace, words[0]))
			}
		case x.byLine:
			parts, _ := splitQuoted(strings.Join(words[:n], "\n"), " \t\n")
			call = append(x.command[:len(x.command):len(x.command)], parts...)
		default:
			call = append(x.command[:len(x.command):len(x.command)], words[:n]...)
		}
		calls = append(calls, call)
		words = words[n:]
	}
	return calls
}

// run runs up to jobs commands at once, all of them with 0. It returns 123 if one failed, or what
// says that one could not be run, after which no more are started.
func (x *xarguments) run(calls [][]string) int {
	x.p.out.Flush()
	if x.jobs == 0 {
		x.jobs = max(len(calls), 1)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	status := 0
	slots := make(chan struct{}, x.jobs)
	for _, call := range calls {
		slots <- struct{}{}
		mu.Lock()
		stop := status >= 124 || x.ctx.Err() != nil
		mu.Unlock()
		if stop {
			break
		}
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
