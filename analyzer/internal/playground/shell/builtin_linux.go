package shell

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/interp"
	"mvdan.cc/sh/v3/syntax"

	"github.com/layerwise/layerwise/analyzer/internal/playground/tool"
)

// builtinPrefix marks a command that a tool runs although its name is the interpreter's. No
// command's name can hold it.
const builtinPrefix = "\x00"

// rewrites replace calls of builtins that the interpreter lacks, or knows too few options of. A
// rewrite returns the call to make instead.
var rewrites = map[string]func(s *session, hc interp.HandlerContext, args []string) []string{
	"echo":   asTool,
	"kill":   asTool,
	"printf": rewritePrintf,
	"umask":  rewriteUmask,
	"set":    rewriteSet,
	"trap":   rewriteTrap,
	"read":   rewriteRead,
	"cd":     rewriteCd,
	"wait":   rewriteWait,
	"ulimit": rewriteUlimit,
}

// call sees every simple command before it runs.
func (s *session) call(ctx context.Context, args []string) ([]string, error) {
	if args[0] == "command" && len(args) > 1 && rewrites[args[1]] != nil {
		args = args[1:]
	} else if _, replaced := s.funcs.Load(args[0]); replaced {
		return args, nil
	}
	rewrite, ok := rewrites[args[0]]
	if !ok {
		return args, nil
	}
	return rewrite(s, interp.HandlerCtx(ctx), args), nil
}

// asTool has a tool of the same name do it.
func asTool(_ *session, _ interp.HandlerContext, args []string) []string {
	return append([]string{builtinPrefix + args[0]}, args[1:]...)
}

// failed reports a mistake and makes the call end with the status 1 or 2.
func failed(hc interp.HandlerContext, name string, status int, format string, args ...any) []string {
	fmt.Fprintf(hc.Stderr, "sh: %s: %s\n", name, fmt.Sprintf(format, args...))
	return []string{"eval", fmt.Sprintf("(exit %d)", status)}
}

// assign makes the call set a variable and end with a status.
func assign(name, value string, status int) ([]string, error) {
	quoted, err := syntax.Quote(value, syntax.LangBash)
	if err != nil {
		return nil, err
	}
	text := name + "=" + quoted
	if status != 0 {
		text += fmt.Sprintf("; (exit %d)", status)
	}
	return []string{"eval", text}, nil
}

// rewritePrintf does `printf -v NAME`, and leaves the rest to the tool.
func rewritePrintf(s *session, hc interp.HandlerContext, args []string) []string {
	if len(args) < 4 || args[1] != "-v" || !syntax.ValidName(args[2]) {
		return asTool(s, hc, args)
	}
	var out bytes.Buffer
	p := process(hc, append([]string{"printf"}, args[3:]...))
	p.Stdout = &out
	status := tool.Builtin(context.Background(), p)
	call, err := assign(args[2], out.String(), status)
	if err != nil {
		return failed(hc, "printf", 1, "%v", err)
	}
	return call
}

// rewriteUmask prints or sets the mask.
func rewriteUmask(_ *session, hc interp.HandlerContext, args []string) []string {
	mask := umask(hc.Env)
	if mask < 0 {
		mask = tool.Umask()
	}
	args = args[1:]
	symbolic := len(args) > 0 && args[0] == "-S"
	if symbolic {
		args = args[1:]
	}
	if len(args) == 0 {
		text := fmt.Sprintf("%04o", mask)
		if symbolic {
			text = symbolicMask(mask)
		}
		return []string{builtinPrefix + "echo", text}
	}
	if n, err := strconv.ParseUint(args[0], 8, 9); err == nil {
		mask = int(n)
	} else if mask, err = tool.MaskFromMode(args[0], mask); err != nil {
		return failed(hc, "umask", 1, "%s: invalid mask", args[0])
	}
	return []string{"eval", fmt.Sprintf("%s=%o", maskVariable, mask)}
}

// symbolicMask writes a mask as what it permits: u=rwx,g=rx,o=rx.
func symbolicMask(mask int) string {
	var parts []string
	for i, who := range []string{"u=", "g=", "o="} {
		for j, letter := range "rwx" {
			if mask&(0o400>>(3*i+j)) == 0 {
				who += string(letter)
			}
		}
		parts = append(parts, who)
	}
	return strings.Join(parts, ",")
}

// rewriteSet drops options without effect here.
func rewriteSet(_ *session, hc interp.HandlerContext, args []string) []string {
	options, rest, err := splitOptions(args[1:])
	if err != nil || len(args) == 1 || args[1] == "-" { // a lone -o lists the options
		return args
	}
	call := []string{"set"}
	for i := 0; i < len(options); i++ {
		switch o := options[i]; o {
		case "-o", "+o":
			if i++; supportedName(options[i]) {
				call = append(call, o, options[i])
			}
		default:
			if supportedLetter(o) {
				call = append(call, o)
			}
		}
	}
	if len(rest) > 0 || slices.Contains(args, "--") {
		call = append(append(call, "--"), rest...)
	}
	if len(call) == 1 {
		return []string{"true"}
	}
	return call
}

// rewriteTrap keeps the conditions that the interpreter knows. A signal's own action, which is to
// end the shell, stays.
func rewriteTrap(_ *session, _ interp.HandlerContext, args []string) []string {
	if len(args) > 1 && args[1] == "--" {
		args = slices.Delete(slices.Clone(args), 1, 2)
	}
	if len(args) < 2 || strings.HasPrefix(args[1], "-") && len(args[1]) > 1 {
		return args
	}
	action, conditions := args[1], args[2:]
	if len(conditions) == 0 { // `trap EXIT` resets it
		action, conditions = "-", args[1:]
	}
	call := []string{"trap", action}
	for _, c := range conditions {
		switch strings.TrimPrefix(strings.ToUpper(c), "SIG") {
		case "EXIT", "0":
			call = append(call, "EXIT")
		case "ERR":
			call = append(call, "ERR")
		}
	}
	if len(call) == 2 {
		return []string{"true"}
	}
	return call
}

// rewriteCd drops options: a folder is always entered by its logical name.
func rewriteCd(_ *session, _ interp.HandlerContext, args []string) []string {
	for len(args) > 1 && slices.Contains([]string{"-L", "-P", "-e", "--"}, args[1]) {
		args = append([]string{"cd"}, args[2:]...)
	}
	return args
}

// rewriteWait waits for all jobs where the option asks for any.
func rewriteWait(_ *session, _ interp.HandlerContext, args []string) []string {
	if len(args) > 1 && args[1] == "-n" {
		return []string{"wait"}
	}
	return args
}

// rewriteUlimit answers "unlimited": a container's limits are not the shell's to change.
func rewriteUlimit(_ *session, _ interp.HandlerContext, args []string) []string {
	if last := args[len(args)-1]; len(args) == 1 || strings.HasPrefix(last, "-") {
		return []string{builtinPrefix + "echo", "unlimited"}
	}
	return []string{"true"}
}
