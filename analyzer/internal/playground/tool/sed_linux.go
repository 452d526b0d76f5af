package tool

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// sed edits lines by a script.
func sed(ctx context.Context, p *Process) int {
	o := p.options("nrEe:f:i::su", `quiet=n silent=n expression=e file=f regexp-extended=E in-place=i
		separate=s unbuffered=u`)
	e := sedEditor{p: p, ctx: ctx, out: p.out}
	kind := basic
	var script []string
	inPlace, suffix := false, ""
	for o.next() {
		switch o.name {
		case "n":
			e.quiet = true
		case "r", "E":
			kind = extended
		case "e":
			script = append(script, o.arg)
		case "f":
			text, err := p.readAll(o.arg)
			if err != nil {
				return p.usage("couldn't open file %s: %s", o.arg, reason(err))
			}
			script = append(script, strings.TrimSuffix(text, "\n"))
		case "i":
			inPlace, e.separate, suffix = true, true, o.arg
		case "s":
			e.separate = true
		}
	}
	if o.err != nil {
		return p.usage("%v", o.err)
	}
	operands := o.args
	if script == nil {
		if len(operands) == 0 {
			return p.usage("usage: sed [-nEi] script [file...]")
		}
		script, operands = operands[:1], operands[1:]
	}
	var err error
	if e.commands, err = parseSed(strings.Join(script, "\n"), kind); err != nil {
		return p.usage("%v", err)
	}
	defer e.close()
	if !inPlace {
		return e.edit(operands)
	}
	if len(operands) == 0 {
		return p.usage("no input files")
	}
	status := 0
	for _, name := range operands {
		s, err := e.replace(name, suffix)
		if err != nil {
			s = max(s, 4)
			p.errorf("couldn't edit %s: %s", name, reason(err))
		}
		if status = max(status, s); e.quit || s == 4 {
			break
		}
	}
	return status
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
	e.input = sedInput{p: e.p, names: names, separate: e.separate}
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

// replace runs the script over one file, and replaces it by the result.
func (e *sedEditor) replace(name, suffix string) (status int, err error) {
	path := e.p.path(name)
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		return 4, errors.New("not a regular file")
	}
	if err != nil {
		e.p.errorf("can't read %s: %s", name, reason(err))
		return 2, nil
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), "sed*")
	if err != nil {
		return 4, err
	}
	defer os.Remove(tmp.Name())
	defer tmp.Close()
	e.out = bufio.NewWriter(tmp)
	status = e.edit([]string{name})
	uid, gid := owner(info)
	os.Chown(tmp.Name(), uid, gid) // only root can, and then it matters
	err = errors.Join(e.out.Flush(), tmp.Chmod(info.Mode()), tmp.Close())
	if err == nil && suffix != "" {
		err = os.Rename(path, path+suffix)
	}
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	return status, err
}

// sedInput is the sequence of lines of all files, with a look ahead for the address $.
type sedInput struct {
	p        *Process
	names    []string // not yet opened
	separate bool

	file   io.Closer
	r      *bufio.Reader
	number int // of the last line read
	failed bool
}

// next reads a line, and whether it ended in a newline. At the end it returns io.EOF.
func (in *sedInput) next() (line []byte, ended bool, err error) {
	if !in.more() {
		return nil, false, io.EOF
	}
	line, err = in.r.ReadBytes('\n')
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
