package tool

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Process is what a tool gets from its operating system, or from the shell that it runs in.
type Process struct {
	Args   []string // Args[0] is the name it was called by
	Dir    string   // working folder, absolute
	Env    []string // NAME=value
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer

	// Umask is the file mode creation mask to run with, or -1 for this process's own.
	Umask int

	// out buffers Stdout. A tool writes without looking at errors: the first one ends it, see exec.
	out *bufio.Writer
}

// Exit statuses with a meaning of their own.
const (
	statusNotExecutable = 126
	statusNotFound      = 127
	statusPipe          = 128 + int(syscall.SIGPIPE)
)

// Name is what the tool was called by, without its folder.
func (p *Process) Name() string { return filepath.Base(p.Args[0]) }

// path makes a name absolute. The name's trailing slash is kept, since it asks for a folder.
func (p *Process) path(name string) string {
	if name == "" || filepath.IsAbs(name) {
		return name
	}
	return strings.TrimSuffix(p.Dir, "/") + "/" + name
}

// getenv returns a variable's value and whether it is set; the last of several settings counts.
func (p *Process) getenv(name string) (value string, ok bool) {
	for _, kv := range p.Env {
		if n, v, found := strings.Cut(kv, "="); found && n == name {
			value, ok = v, true
		}
	}
	return value, ok
}

// open opens a file for reading; "-" is standard input. So is /dev/stdin, which would be the
// process's and not the tool's.
func (p *Process) open(name string) (io.ReadCloser, error) {
	switch name {
	case "-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0":
		return io.NopCloser(p.stdin()), nil
	}
	f, err := os.Open(p.path(name))
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err == nil && info.IsDir() {
		f.Close()
		return nil, syscall.EISDIR
	}
	return f, nil
}

// stdin is standard input, empty when it is closed.
func (p *Process) stdin() io.Reader {
	if f, ok := p.Stdin.(*os.File); p.Stdin == nil || ok && f == nil {
		return strings.NewReader("")
	}
	return p.Stdin
}

// each calls f with every named file, or with standard input when there is none. It reports those
// that cannot be read, and returns 1 if there were any, else 0.
func (p *Process) each(names []string, f func(name string, r io.Reader) error) int {
	if len(names) == 0 {
		names = []string{"-"}
	}
	status := 0
	for _, name := range names {
		if err := p.with(name, f); err != nil {
			status = p.fail(name, err)
		}
	}
	return status
}

func (p *Process) with(name string, f func(name string, r io.Reader) error) error {
	r, err := p.open(name)
	if err != nil {
		return err
	}
	defer r.Close()
	return f(name, r)
}

// errorf writes a message, prefixed with the tool's name.
func (p *Process) errorf(format string, args ...any) {
	p.out.Flush()
	fmt.Fprintf(p.Stderr, "%s: %s\n", p.Name(), fmt.Sprintf(format, args...))
}

// fail reports what went wrong with a file and returns the exit status 1.
func (p *Process) fail(name string, err error) int {
	p.errorf("%s: %s", name, reason(err))
	return 1
}

// usage reports what is wrong and returns the exit status 1. Tools that use another status ignore it.
func (p *Process) usage(format string, args ...any) int {
	p.errorf(format, args...)
	return 1
}

// report prints an error, or all that are joined in it, and returns the exit status.
func (p *Process) report(err error) int {
	if err == nil {
		return 0
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			p.report(e)
		}
		return 1
	}
	p.errorf("%s", reason(err))
	return 1
}

// told is an error with a complete message.
type told string

func (t told) Error() string { return string(t) }

// complete marks told, and what embeds it.
func (told) complete() {}

// because makes an error whose message is the text and the reason. One that is complete stays as it is.
func because(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	if _, ok := err.(interface{ complete() }); ok {
		return err
	}
	return told(fmt.Sprintf(format, args...) + ": " + reason(err))
}

// reason is an error's text as libc would put it: without operation and path, and with a capital letter.
func reason(err error) string {
	if _, ok := err.(interface{ complete() }); ok {
		return err.Error()
	}
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		text := errno.Error()
		return strings.ToUpper(text[:1]) + text[1:]
	}
	if errors.Is(err, os.ErrNotExist) {
		return "No such file or directory"
	}
	if pathErr, ok := errors.AsType[*os.PathError](err); ok {
		err = pathErr.Err
	}
	return err.Error()
}

// sink writes to standard output, and ends the tool when that fails.
type sink struct{ w io.Writer }

// writeFailed is the panic that ends a tool which cannot write its output. exec recovers it.
type writeFailed struct{ err error }

func (s sink) Write(b []byte) (int, error) {
	n, err := s.w.Write(b)
	if err != nil {
		panic(writeFailed{err})
	}
	return n, nil
}

// exec runs a tool and returns its exit status. Output that cannot be written ends the tool
// wherever it is, as SIGPIPE would.
func exec(ctx context.Context, run func(context.Context, *Process) int, p *Process) (status int) {
	p.out = bufio.NewWriterSize(sink{p.Stdout}, 16<<10)
	defer func() {
		switch r := recover().(type) {
		case nil:
		case writeFailed:
			status = 1
			if errors.Is(r.err, syscall.EPIPE) || errors.Is(r.err, io.ErrClosedPipe) {
				status = statusPipe
			} else {
				fmt.Fprintf(p.Stderr, "%s: write error: %s\n", p.Name(), reason(r.err))
			}
		default:
			panic(r)
		}
	}()
	status = run(ctx, p)
	p.out.Flush()
	return status
}
