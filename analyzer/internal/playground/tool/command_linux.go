package tool

import (
	"context"
	"errors"
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Program is the path of the image's program, set once at the start of the process. A command whose
// file is this program is a tool and runs in this process.
var Program string

// DefaultPath is where commands are looked for when the environment has no PATH. It is the image's PATH, too.
const DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// Command runs any command as p: a tool of the image in this process, anything else as a child
// process. It returns the exit status as a shell counts it: 127 for a command that does not exist,
// 126 for one that cannot be executed, and 128 and the signal's number for one that was killed.
func Command(ctx context.Context, p *Process) int {
	path, err := p.lookPath(p.Args[0])
	if err != nil {
		return p.notFound(err)
	}
	if run, ok := p.inProcess(path); ok {
		return exec(ctx, run, p)
	}
	return p.child(ctx, path)
}

// inProcess returns the tool that the file at path would be, called as p, if it can run in this process.
func (p *Process) inProcess(path string) (func(context.Context, *Process) int, bool) {
	run, ok := table()[p.Name()]
	if !ok || !p.ownUmask() {
		return nil, false
	}
	found, err := os.Stat(path)
	if err != nil {
		return nil, false
	}
	own, err := os.Stat(Program)
	return run, err == nil && os.SameFile(found, own)
}

// ownUmask tells whether p runs with this process's file mode creation mask.
func (p *Process) ownUmask() bool { return p.Umask < 0 || p.Umask == Umask() }

// Umask returns this process's file mode creation mask. It is read once, by setting it for a
// moment: call it first while nothing else runs. Nothing changes it afterwards.
var Umask = sync.OnceValue(func() int {
	mask := unix.Umask(0o022)
	unix.Umask(mask)
	return mask
})

// lookPath finds a command's file as execvp does. The error is fs.ErrNotExist or why the file
// cannot be executed.
func (p *Process) lookPath(name string) (string, error) {
	if strings.Contains(name, "/") {
		path := p.path(name)
		return path, executable(path)
	}
	search, ok := p.getenv("PATH")
	if !ok {
		search = DefaultPath
	}
	failure := error(os.ErrNotExist)
	for _, dir := range filepath.SplitList(search) {
		path := filepath.Join(p.path(dir), name)
		if dir == "" {
			path = filepath.Join(p.Dir, name)
		}
		err := executable(path)
		if err == nil {
			return path, nil
		}
		if errors.Is(err, os.ErrPermission) {
			failure = err
		}
	}
	return "", failure
}

// executable returns nil if the file can be executed by this user.
func executable(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return syscall.EISDIR
	}
	return unix.Access(path, unix.X_OK)
}

// notFound reports that there is no such command, or that it cannot be executed.
func (p *Process) notFound(err error) int {
	name := p.Args[0]
	if errors.Is(err, syscall.EISDIR) || errors.Is(err, os.ErrPermission) {
		fmt.Fprintf(p.Stderr, "sh: %s: %s\n", name, reason(err))
		return statusNotExecutable
	}
	if strings.Contains(name, "/") {
		fmt.Fprintf(p.Stderr, "sh: %s: not found\n", name)
		return statusNotFound
	}
	fmt.Fprintf(p.Stderr, "sh: %s: not found\n"+
		"This is the layerwise playground, which stands in for every base image with --offline. It has a shell and these tools:\n%s\n",
		name, strings.Join(Names(), " "))
	return statusNotFound
}

// child runs a command as a child process.
func (p *Process) child(ctx context.Context, path string) int {
	var err error
	for delay := time.Millisecond; ; delay *= 2 {
		cmd := p.cmd(ctx, path)
		err = cmd.Run()
		// Another command that was just forked may hold a file that was written a moment ago, see
		// go.dev/issue/22315.
		if !errors.Is(err, syscall.ETXTBSY) || delay > 500*time.Millisecond {
			break
		}
		time.Sleep(delay)
	}
	if errors.Is(err, syscall.ENOEXEC) {
		return p.script(ctx, path)
	}
	return p.status(err)
}

func (p *Process) cmd(ctx context.Context, path string) *osexec.Cmd {
	if strings.Contains(p.Args[0], "/") {
		path = p.Args[0] // as it was written: a script sees it as $0
	}
	cmd := osexec.CommandContext(ctx, path)
	cmd.Args = p.Args
	if !p.ownUmask() {
		cmd.Path = Program
		cmd.Args = append([]string{"with-umask", strconv.FormatInt(int64(p.Umask), 8), path}, p.Args...)
	}
	cmd.Dir, cmd.Env = p.Dir, p.Env
	cmd.Stdin, cmd.Stdout, cmd.Stderr = p.Stdin, p.Stdout, p.Stderr
	cmd.WaitDelay = time.Second // after it was killed, for what it may have left behind with its output
	return cmd
}

// script runs a file that the kernel does not recognize as a shell script, as POSIX asks for.
func (p *Process) script(ctx context.Context, path string) int {
	f, err := os.Open(path)
	if err != nil {
		return p.notFound(err)
	}
	start := make([]byte, 256)
	n, _ := f.Read(start)
	f.Close()
	if first, _, _ := strings.Cut(string(start[:n]), "\n"); strings.ContainsRune(first, 0) {
		fmt.Fprintf(p.Stderr, "sh: %s: cannot execute binary file: Exec format error\n", p.Args[0])
		return statusNotExecutable
	}
	sh := *p // with a name of its own, so that cmd does not take the script's
	sh.Args = append([]string{"sh", path}, p.Args[1:]...)
	return sh.status(sh.cmd(ctx, Program).Run())
}

// status turns the result of a child process into an exit status, and reports a command that did not start.
func (p *Process) status(err error) int {
	if err == nil || errors.Is(err, osexec.ErrWaitDelay) {
		return 0
	}
	if exit, ok := errors.AsType[*osexec.ExitError](err); ok {
		if ws, ok := exit.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
			return 128 + int(ws.Signal())
		}
		return exit.ExitCode()
	}
	if errors.Is(err, os.ErrNotExist) { // the file is there, so what is missing is its interpreter
		fmt.Fprintf(p.Stderr, "sh: %s: not found (its interpreter or loader is not in this image)\n", p.Args[0])
		return statusNotFound
	}
	fmt.Fprintf(p.Stderr, "sh: %s: %s\n", p.Args[0], reason(err))
	return statusNotExecutable
}

// run runs a command on behalf of a tool, after the tool's own output so far.
func (p *Process) run(ctx context.Context, args []string) int {
	p.out.Flush()
	child := *p
	child.Args = args
	return Command(ctx, &child)
}

// withUmask replaces this process by another program with another mask: with-umask MASK PATH NAME ARGUMENT...
// It serves Command only, which calls it in a process of its own.
func withUmask(_ context.Context, p *Process) int {
	if len(p.Args) < 4 {
		return p.usage("usage: with-umask mask path name [argument...]")
	}
	mask, err := strconv.ParseUint(p.Args[1], 8, 9)
	if err != nil {
		return p.usage("invalid mask: %s", p.Args[1])
	}
	unix.Umask(int(mask))
	return p.status(syscall.Exec(p.Args[2], p.Args[3:], p.Env))
}
