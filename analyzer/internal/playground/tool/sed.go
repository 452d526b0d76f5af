//go:build linux

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
)

// sed edits lines by a script.
func sed(ctx context.Context, p *Process) int {
	o := p.options("nrEe:f:i::szul:", `
		quiet=n silent=n expression=e file=f regexp-extended=E in-place=i separate=s null-data=z
		unbuffered=u posix debug`)
	e := sedEditor{p: p, ctx: ctx, end: '\n'}
	kind := basic
	var script []string
	inPlace, given, suffix := false, false, ""
	for o.next() {
		switch o.name {
		case "n":
			e.quiet = true
		case "r", "E":
			kind = extended
		case "e":
			given = true
			script = append(script, o.arg)
		case "f":
			given = true
			text, err := p.readAll(o.arg)
			if err != nil {
				return p.usage("couldn't open file %s: %s", o.arg, reason(err))
			}
			script = append(script, strings.TrimSuffix(text, "\n"))
		case "i":
			inPlace, e.separate, suffix = true, true, o.arg
		case "s":
			e.separate = true
		case "z":
			e.end = 0
		}
	}
	if o.err != nil {
		return p.usage("%v", o.err)
	}
	operands := o.args
	if !given {
		if len(operands) == 0 {
			return p.usage("usage: sed [-nEi] script [file...]")
		}
		script, operands = operands[:1], operands[1:]
	}
	text := strings.Join(script, "\n")
	if strings.HasPrefix(text, "#n\n") {
		e.quiet = true
	}
	var err error
	if e.commands, err = parseSed(text, kind); err != nil {
		return p.usage("%v", err)
	}
	defer e.close()
	if inPlace {
		return e.inPlace(operands, suffix)
	}
	e.out = p.out
	return e.edit(operands)
}

// readAll reads a whole file.
func (p *Process) readAll(name string) (string, error) {
	var text []byte
	err := p.with(name, func(_ string, r io.Reader) (err error) {
		text, err = io.ReadAll(r)
		return err
	})
	return string(text), err
}

// edit runs the script over the files.
func (e *sedEditor) edit(names []string) int {
	if len(names) == 0 {
		names = []string{"-"}
	}
	e.input = sedInput{p: e.p, names: names, end: e.end, separate: e.separate}
	defer e.input.close()
	if err := e.run(); err != nil {
		e.p.errorf("%s", reason(err))
		return 4
	}
	if e.status == 0 && e.input.failed {
		return 2
	}
	return e.status
}

// inPlace runs the script over each file by itself, and replaces it by the result.
func (e *sedEditor) inPlace(names []string, suffix string) int {
	if len(names) == 0 {
		return e.p.usage("no input files")
	}
	status := 0
	for _, name := range names {
		info, err := os.Stat(e.p.path(name))
		switch {
		case err != nil:
			e.p.errorf("can't read %s: %s", name, reason(err))
			status = 2
			continue
		case !info.Mode().IsRegular():
			e.p.errorf("couldn't edit %s: not a regular file", name)
			status = 4
			continue
		}
		s, err := e.replace(name, suffix, info)
		if err != nil {
			e.p.errorf("couldn't edit %s: %s", name, reason(err))
			return 4
		}
		status = max(status, s)
		if e.quit {
			break
		}
	}
	return status
}

func (e *sedEditor) replace(name, suffix string, info os.FileInfo) (int, error) {
	path := e.p.path(name)
	tmp, err := os.CreateTemp(filepath.Dir(path), "sed*")
	if err != nil {
		return 0, err
	}
	defer os.Remove(tmp.Name())
	defer tmp.Close()
	e.out = bufio.NewWriter(tmp)
	status := e.edit([]string{name})
	uid, gid := owner(info)
	os.Chown(tmp.Name(), uid, gid) // only root can, and then it matters
	if err := errors.Join(e.out.Flush(), tmp.Chmod(info.Mode()), tmp.Close()); err != nil {
		return 0, err
	}
	if suffix != "" {
		backup := path + suffix
		if strings.Contains(suffix, "*") {
			backup = filepath.Join(filepath.Dir(path), strings.ReplaceAll(suffix, "*", filepath.Base(path)))
		}
		if err := os.Rename(path, backup); err != nil {
			return 0, err
		}
	}
	return status, os.Rename(tmp.Name(), path)
}

// sedInput is the sequence of lines of all files, with one line of look-ahead for the address $.
type sedInput struct {
	p        *Process
	names    []string // not yet opened
	end      byte
	separate bool

	file   io.Closer
	r      *bufio.Reader
	number int // of the last line read
	failed bool
	lines  int // number of the first line of this file, less one
}

// next reads a line, and whether it ended in a newline. At the end it returns io.EOF.
func (in *sedInput) next() (line []byte, ended bool, err error) {
	if !in.more() {
		return nil, false, io.EOF
	}
	line, err = in.r.ReadBytes(in.end)
	if err != nil && err != io.EOF {
		return nil, false, err
	}
	in.number++
	if ended = err == nil; ended {
		line = line[:len(line)-1]
	}
	// Only the last line of all may lack its end.
	return line, ended || in.more(), nil
}

// more tells whether there is another line, and opens files as needed.
func (in *sedInput) more() bool {
	for {
		if in.r != nil {
			if _, err := in.r.Peek(1); err == nil {
				return true
			}
			in.close()
		}
		if len(in.names) == 0 {
			return false
		}
		name := in.names[0]
		in.names = in.names[1:]
		f, err := in.p.open(name)
		if err != nil {
			in.p.errorf("can't read %s: %s", name, reason(err))
			in.failed = true
			continue
		}
		in.file, in.r = f, bufio.NewReaderSize(f, 32<<10)
	}
}

// last tells whether the line read before was the last one: of all, or of its file if files count separately.
func (in *sedInput) last() bool {
	if in.separate && in.r != nil {
		_, err := in.r.Peek(1)
		return err != nil
	}
	return !in.more()
}

func (in *sedInput) close() {
	if in.file != nil {
		in.file.Close()
	}
	in.file, in.r = nil, nil
}

// output returns the file that a w command writes to. All are emptied before the first line is read.
func (e *sedEditor) output(name string) (*bufio.Writer, error) {
	switch name {
	case "/dev/stdout":
		return e.out, nil
	case "/dev/stderr":
		return bufio.NewWriterSize(e.p.Stderr, 0), nil
	}
	if w, ok := e.files[name]; ok {
		return w.Writer, nil
	}
	f, err := os.Create(e.p.path(name))
	if err != nil {
		return nil, fmt.Errorf("couldn't open file %s: %s", name, reason(err))
	}
	if e.files == nil {
		e.files = map[string]sedFile{}
	}
	e.files[name] = sedFile{bufio.NewWriter(f), f}
	return e.files[name].Writer, nil
}

// sedFile is a file that the script writes.
type sedFile struct {
	*bufio.Writer
	f *os.File
}

func (e *sedEditor) close() {
	for _, w := range e.files {
		w.Flush()
		w.f.Close()
	}
}
