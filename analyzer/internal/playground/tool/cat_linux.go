package tool

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// cat concatenates files.
func cat(_ context.Context, p *Process) int {
	f, ok := p.flags("nbsETAu", "number=n number-nonblank=b squeeze-blank=s show-ends=E show-tabs=T show-all=A")
	if !ok {
		return 1
	}
	count, blanks := 0, 0
	return p.each(f.args, func(_ string, r io.Reader) error {
		if len(f.given) == 0 {
			_, err := io.Copy(p.out, r)
			return err
		}
		return lines(r, '\n', func(line []byte, ended bool) error {
			if len(line) > 0 {
				blanks = 0
			} else if blanks++; f.on("s") && blanks > 1 {
				return nil
			}
			if f.on("b") && len(line) > 0 || f.on("n") && !f.on("b") {
				count++
				fmt.Fprintf(p.out, "%6d\t", count)
			}
			if f.on("T", "A") {
				line = bytes.ReplaceAll(line, []byte("\t"), []byte("^I"))
			}
			p.out.Write(line)
			if ended && f.on("E", "A") {
				p.out.WriteByte('$')
			}
			p.endLine(ended)
			return nil
		})
	})
}

// tee copies standard input to standard output and to files.
func tee(_ context.Context, p *Process) int {
	f, ok := p.flags("a", "append=a")
	if !ok {
		return 1
	}
	flags := os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	if f.on("a") {
		flags = os.O_WRONLY | os.O_CREATE | os.O_APPEND
	}
	status := 0
	var files []*os.File
	for _, name := range f.args {
		file, err := os.OpenFile(p.path(name), flags, 0o666)
		if err != nil {
			status = p.fail(name, err)
			continue
		}
		defer file.Close()
		files = append(files, file)
	}
	buf := make([]byte, 32<<10)
	for in := p.stdin(); ; {
		n, err := in.Read(buf)
		p.out.Write(buf[:n])
		p.out.Flush() // what comes slowly is seen at once
		for _, file := range files {
			if _, err := file.Write(buf[:n]); err != nil {
				status = p.fail(file.Name(), err)
			}
		}
		if errors.Is(err, io.EOF) {
			return status
		}
		if err != nil {
			return p.fail("read error", err)
		}
	}
}

// lines calls f with every line of r, without its end, and whether it had one. The line is valid
// until f returns. f may return errStop to read no further.
func lines(r io.Reader, end byte, f func(line []byte, ended bool) error) error {
	br := bufio.NewReaderSize(r, 32<<10)
	var long []byte
	for {
		part, err := br.ReadSlice(end)
		if err == bufio.ErrBufferFull {
			long = append(long, part...)
			continue
		}
		line := part
		if len(long) > 0 {
			line = append(long, part...)
			long = long[:0]
		}
		ended := err == nil
		if ended {
			line = line[:len(line)-1]
		}
		if ended || len(line) > 0 {
			if ferr := f(line, ended); ferr == errStop {
				return nil
			} else if ferr != nil {
				return ferr
			}
		}
		if err != nil {
			return notEOF(err)
		}
	}
}

// errStop ends lines early.
var errStop = errors.New("stop")

func notEOF(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}

// endLine writes the end of a line that had one.
func (p *Process) endLine(ended bool) {
	if ended {
		p.out.WriteByte('\n')
	}
}
