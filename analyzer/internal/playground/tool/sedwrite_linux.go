package tool

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// output returns the file that a w command writes to.
func (e *sedEditor) output(name string) (io.Writer, error) {
	if name == "/dev/stdout" {
		return e.out, nil
	}
	if e.files[name] != nil {
		return e.files[name], nil
	}
	f, err := os.Create(e.p.path(name))
	if err != nil {
		return nil, because(err, "couldn't open file %s", name)
	}
	if e.files == nil {
		e.files = map[string]*os.File{}
	}
	e.files[name] = f
	return f, nil
}

func (e *sedEditor) close() {
	for _, f := range e.files {
		f.Close()
	}
}

// print writes a line. One that had no newline in the input gets it only when more follows.
func (e *sedEditor) print(line []byte) {
	e.emit(string(line))
	if e.ended {
		e.out.WriteByte('\n')
	} else {
		e.owed = true
	}
}

// emit writes text, after the newline that the line before may lack.
func (e *sedEditor) emit(text string) {
	if e.owed {
		e.out.WriteByte('\n')
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
