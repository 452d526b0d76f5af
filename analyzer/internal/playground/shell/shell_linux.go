// Package shell is the playground image's shell: mvdan.cc/sh, which reads POSIX shell and bash,
// with a command line like theirs, and with the image's tools run in its own process.
//
// It differs from bash where the interpreter does: only file descriptors 0 to 2 can be redirected,
// traps exist for EXIT and ERR alone, and there is no job control.
package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/interp"
	"mvdan.cc/sh/v3/syntax"

	"github.com/layerwise/layerwise/analyzer/internal/playground/tool"
)

// Names are the names that the shell goes by.
var Names = []string{"sh", "bash", "ash"}

// Exit statuses with a meaning of their own.
const (
	statusUsage         = 2
	statusNotExecutable = 126
	statusNotFound      = 127
)

// Is tells whether the shell goes by this name.
func Is(name string) bool { return slices.Contains(Names, name) }

// Main runs the shell as a process of its own and returns the exit status.
func Main(ctx context.Context, args []string) int {
	tool.Umask() // read while nothing else runs
	cl, err := parseArgs(args)
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", args[0], err)
		return statusUsage
	}
	s, err := newSession(cl)
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", args[0], err)
		return statusUsage
	}
	if cl.login {
		for _, profile := range []string{"/etc/profile", filepath.Join(os.Getenv("HOME"), ".profile")} {
			if status, exited := s.source(ctx, profile); exited {
				return status
			}
		}
	}
	switch {
	case cl.command:
		return s.run(ctx, strings.NewReader(cl.text))
	case cl.script != "":
		return s.script(ctx, cl.script)
	}
	return s.stdin(ctx)
}

// session is one shell with its state.
type session struct {
	name   string // $0
	runner *interp.Runner
	funcs  sync.Map // names of functions that the script defines
}

func newSession(cl commandLine) (*session, error) {
	s := &session{name: cl.name}
	options := []interp.RunnerOption{
		interp.Env(environ{expand.ListEnviron(os.Environ()...)}),
		interp.StdIO(os.Stdin, os.Stdout, os.Stderr),
		interp.Params(slices.Concat(cl.options, []string{"--"}, cl.params)...),
		interp.CallHandler(s.call),
		interp.ExecHandlers(func(interp.ExecHandlerFunc) interp.ExecHandlerFunc { return s.exec }),
		interp.OpenHandler(s.open),
		interp.Dir(workingDir()),
	}
	runner, err := interp.New(options...)
	s.runner = runner
	return s, err
}

// workingDir is the current folder, by the name in PWD if that is right.
func workingDir() string {
	pwd := os.Getenv("PWD")
	if a, err := os.Stat(pwd); err == nil && filepath.IsAbs(pwd) {
		if b, err := os.Stat("."); err == nil && os.SameFile(a, b) {
			return pwd
		}
	}
	if dir, err := os.Getwd(); err == nil {
		return dir
	}
	return "/" // the current folder was removed
}

// environ is the environment that the shell starts with.
type environ struct{ expand.Environ }

// Get adds what the interpreter would otherwise make up: a search path, and GID, which it would
// make read-only.
func (e environ) Get(name string) expand.Variable {
	v := e.Environ.Get(name)
	switch {
	case v.IsSet():
	case name == "PATH":
		return expand.Variable{Set: true, Kind: expand.String, Str: tool.DefaultPath}
	case name == "GID":
		return expand.Variable{Set: true, Kind: expand.String, Str: strconv.Itoa(os.Getgid())}
	}
	return v
}

// run runs a whole script.
func (s *session) run(ctx context.Context, script io.Reader) int {
	file, err := syntax.NewParser().Parse(script, s.name)
	if err != nil {
		return s.syntaxError(err)
	}
	s.noteFunctions(file)
	return s.status(s.runner.Run(ctx, file))
}

// script runs a file.
func (s *session) script(ctx context.Context, path string) int {
	f, err := os.Open(path)
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: cannot open %v\n", s.name, err)
		return statusNotFound
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		fmt.Fprintf(os.Stderr, "%s: %s: Is a directory\n", s.name, path)
		return statusNotExecutable
	}
	return s.run(ctx, f)
}

// source runs a file in the shell itself, if there is one, and tells whether it ended the shell.
func (s *session) source(ctx context.Context, path string) (status int, exited bool) {
	f, err := os.Open(path)
	if err != nil {
		return 0, false
	}
	defer f.Close()
	return s.statements(ctx, f)
}

// stdin runs standard input, statement by statement, and reads no further than it has to: what
// follows a statement is input for the commands in it.
func (s *session) stdin(ctx context.Context) int {
	status, exited := s.statements(ctx, byteReader{os.Stdin})
	if exited {
		return status
	}
	if err := s.runner.Run(ctx, &syntax.File{Name: s.name}); s.runner.Exited() { // the exit trap
		return s.status(err)
	}
	return status
}

func (s *session) statements(ctx context.Context, r io.Reader) (status int, exited bool) {
	for stmt, err := range syntax.NewParser().StmtsSeq(r) {
		if err != nil {
			return s.syntaxError(err), true
		}
		s.noteFunctions(stmt)
		status = s.status(s.runner.Run(ctx, stmt))
		if s.runner.Exited() {
			return status, true
		}
	}
	return status, false
}

// byteReader reads one byte at a time.
type byteReader struct{ io.Reader }

func (b byteReader) Read(p []byte) (int, error) {
	if len(p) > 1 {
		p = p[:1]
	}
	return b.Reader.Read(p)
}

func (s *session) syntaxError(err error) int {
	fmt.Fprintf(os.Stderr, "%s: syntax error: %v\n", s.name, err)
	return statusUsage
}

// status turns the interpreter's result into an exit status.
func (s *session) status(err error) int {
	if err == nil {
		return 0
	}
	if status, ok := errors.AsType[interp.ExitStatus](err); ok {
		return int(status)
	}
	fmt.Fprintf(os.Stderr, "%s: %v\n", s.name, err)
	return statusUsage
}

// noteFunctions remembers the functions that a script defines: they may replace a builtin.
func (s *session) noteFunctions(node syntax.Node) {
	syntax.Walk(node, func(n syntax.Node) bool {
		if f, ok := n.(*syntax.FuncDecl); ok && f.Name != nil {
			s.funcs.Store(f.Name.Value, true)
		}
		return true
	})
}
