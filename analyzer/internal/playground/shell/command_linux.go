package shell

import (
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/interp"

	"github.com/layerwise/layerwise/analyzer/internal/playground/tool"
)

// maskVariable holds the file mode creation mask, in octal, once umask was called. It is a variable
// of the shell, not of the process, so that a subshell has its own.
const maskVariable = "_playground_umask"

// exec runs a command that is neither a function nor one of the interpreter's own.
func (s *session) exec(ctx context.Context, args []string) error {
	hc := interp.HandlerCtx(ctx)
	name, builtin := strings.CutPrefix(args[0], builtinPrefix)
	if builtin {
		args = append([]string{name}, args[1:]...)
	}
	p := process(hc, args)
	if !builtin {
		return exitStatus(tool.Command(ctx, p))
	}
	status := tool.Builtin(ctx, p)
	if status == 128+int(syscall.SIGPIPE) {
		// A builtin that is killed takes its shell with it; this is what ends a loop that writes to
		// a closed pipe.
		return hc.Builtin(ctx, []string{"exit", strconv.Itoa(status)})
	}
	return exitStatus(status)
}

func exitStatus(status int) error {
	if status == 0 {
		return nil
	}
	return interp.ExitStatus(status)
}

// process makes the process that a command runs as.
func process(hc interp.HandlerContext, args []string) *tool.Process {
	return &tool.Process{
		Args: args, Dir: hc.Dir, Env: append(exported(hc.Env), "PWD="+hc.Dir),
		Stdin: hc.Stdin, Stdout: hc.Stdout, Stderr: hc.Stderr, Umask: umask(hc.Env),
	}
}

// exported returns the environment for commands, without PWD. The last setting of a name counts.
func exported(env expand.Environ) []string {
	values := map[string]string{}
	var names []string
	env.Each(func(name string, v expand.Variable) bool {
		if _, seen := values[name]; !seen {
			names = append(names, name)
		}
		values[name] = ""
		if name != "PWD" && v.Exported && v.IsSet() && v.Kind == expand.String {
			values[name] = name + "=" + v.String()
		}
		return true
	})
	var list []string
	for _, name := range names {
		if values[name] != "" {
			list = append(list, values[name])
		}
	}
	return list
}

// umask returns the shell's mask, or -1 for the process's.
func umask(env expand.Environ) int {
	mask, err := strconv.ParseInt(env.Get(maskVariable).String(), 8, 0)
	if err != nil {
		return -1
	}
	return int(mask)
}

// open opens the file of a redirection.
func (s *session) open(ctx context.Context, path string, flag int, _ os.FileMode) (io.ReadWriteCloser, error) {
	hc := interp.HandlerCtx(ctx)
	switch path { // the shell's streams, which are not always the process's
	case "/dev/stdin", "/dev/fd/0":
		return duplicate(path, hc.Stdin)
	case "/dev/stdout", "/dev/fd/1":
		return duplicate(path, hc.Stdout)
	case "/dev/stderr", "/dev/fd/2":
		return duplicate(path, hc.Stderr)
	}
	if path != "" && !filepath.IsAbs(path) {
		path = filepath.Join(hc.Dir, path)
	}
	mask := umask(hc.Env)
	if flag&os.O_CREATE == 0 || mask < 0 || mask == tool.Umask() {
		return os.OpenFile(path, flag, 0o666)
	}
	f, err := os.OpenFile(path, flag|os.O_EXCL, 0o666)
	if os.IsExist(err) {
		return os.OpenFile(path, flag, 0o666)
	}
	if err != nil {
		return nil, err
	}
	return f, f.Chmod(fs.FileMode(0o666 &^ mask))
}

// duplicate makes a second file of an open one.
func duplicate(path string, stream any) (io.ReadWriteCloser, error) {
	f, ok := stream.(*os.File)
	if !ok || f == nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: syscall.EBADF}
	}
	raw, err := f.SyscallConn()
	if err != nil {
		return nil, err
	}
	var fd int
	var dupErr error
	if err := raw.Control(func(old uintptr) { fd, dupErr = unix.FcntlInt(old, unix.F_DUPFD_CLOEXEC, 3) }); err != nil {
		return nil, err
	}
	if dupErr != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: dupErr}
	}
	return os.NewFile(uintptr(fd), path), nil
}
