package tool

import (
	"bufio"
	"fmt"
	"os"
	"strings"
)

// sedFile is a file that the script writes.
type sedFile struct {
	*bufio.Writer
	f *os.File
}

// output returns the file that a w command writes to.
func (e *sedEditor) output(name string) (*bufio.Writer, error) {
	if name == "/dev/stdout" {
		return e.out, nil
	}
	if w, ok := e.files[name]; ok {
		return w.Writer, nil
	}
	f, err := os.Create(e.p.path(name))
	if err != nil {
		return nil, because(err, "couldn't open file %s", name)
	}
	if e.files == nil {
		e.files = map[string]sedFile{}
	}
	e.files[name] = sedFile{bufio.NewWriter(f), f}
	return e.files[name].Writer, nil
}

// writeTo adds the pattern space to a file.
func (e *sedEditor) writeTo(name string) error {
	w, err := e.output(name)
	if err != nil {
		return err
	}
	w.Write(e.space)
	w.WriteByte('\n')
	if w == e.out {
		return nil
	}
	return w.Flush()
}

func (e *sedEditor) close() {
	for _, w := range e.files {
		w.f.Close()
	}
}

// print writes a line. One that had no newline in the input gets it only when more follows.
func (e *sedEditor) print(line []byte) {
	e.emit(string(line))
	if e.ended {
		e.out.WriteByte(e.end)
	} else {
		e.owed = true
	}
}

// emit writes text, after the newline that the line before may lack.
func (e *sedEditor) emit(text string) {
	if e.owed {
		e.out.WriteByte(e.end)
		e.owed = false
	}
	e.out.WriteString(text)
}

// unambiguous shows a line as the command l does.
func unambiguous(line []byte) string {
	var b strings.Builder
	width := 0
	for _, c := range line {
		s := string(rune(c))
		switch {
		case c == '\\':
			s = `\\`
		case strings.IndexByte("\a\b\f\n\r\t\v", c) >= 0:
			s = `\` + string("abtnvfr"[c-7])
		case c < 0x20 || c >= 0x7f:
			s = fmt.Sprintf(`\%03o`, c)
		}
		if width+len(s) > 69 {
			b.WriteString("\\\n")
			width = 0
		}
		b.WriteString(s)
		width += len(s)
	}
	return b.String() + "$\n"
}
