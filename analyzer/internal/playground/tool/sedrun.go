//go:build linux

package tool

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
)

// sedEditor runs a script.
type sedEditor struct {
	p        *Process
	ctx      context.Context // a script may loop for ever
	commands []sedCommand
	quiet    bool // -n
	separate bool
	end      byte
	out      *bufio.Writer
	files    map[string]sedFile

	input    sedInput
	space    []byte // pattern space
	ended    bool   // the line in it had its newline
	owed     bool   // the last line that was printed lacks its newline
	hold     []byte
	appended []func() error // what goes out at the end of the cycle
	replaced bool           // an s did something since the last line was read or t was taken
	lastRE   *regexp.Regexp
	quit     bool
	status   int
}

// What happens after a command.
type sedFlow int

const (
	sedNext    sedFlow = iota // the next command
	sedJump                   // the command at jump
	sedEnd                    // the cycle ends
	sedDelete                 // the cycle ends without printing
	sedRestart                // the cycle starts again without reading
	sedQuit                   // the script ends after this cycle
	sedQuitNow                // the script ends without printing
)

// run reads line after line and runs the script on each.
func (e *sedEditor) run() error {
	for i := range e.commands {
		e.commands[i].active = false
		if err := e.prepare(e.commands[i]); err != nil {
			return err
		}
	}
	restart := false
	for !e.quit && e.ctx.Err() == nil {
		if !restart {
			if err := e.read(); err == io.EOF {
				return nil
			} else if err != nil {
				return err
			}
			e.replaced = false
		}
		flow, err := e.cycle()
		if err != nil {
			return err
		}
		restart = flow == sedRestart
		if flow == sedQuit || flow == sedQuitNow {
			e.quit = true
		}
		if !e.quiet && flow != sedDelete && flow != sedRestart && flow != sedQuitNow {
			e.print(e.space)
		}
		if err := e.flushAppended(); err != nil {
			return err
		}
	}
	return nil
}

// prepare creates the files that a command writes.
func (e *sedEditor) prepare(c sedCommand) error {
	name := ""
	if c.name == 'w' || c.name == 'W' {
		name = c.text
	} else if c.subst != nil {
		name = c.subst.file
	}
	if name == "" {
		return nil
	}
	_, err := e.output(name)
	return err
}

func (e *sedEditor) read() (err error) {
	e.space, e.ended, err = e.input.next()
	return err
}

// cycle runs the script on the pattern space.
func (e *sedEditor) cycle() (sedFlow, error) {
	for i := 0; i < len(e.commands); {
		c := &e.commands[i]
		if e.selected(c) == c.negate {
			i++
			if c.name == '{' {
				i = c.jump
			}
			continue
		}
		flow, err := e.do(c)
		switch {
		case err != nil:
			return flow, err
		case flow == sedJump:
			if err := e.ctx.Err(); err != nil {
				return flow, err
			}
			i = c.jump
		case flow == sedNext:
			i++
		default:
			return flow, nil
		}
	}
	return sedEnd, nil
}

// selected tells whether the addresses of a command apply to the current line.
// regexp remembers the last expression, which an empty one repeats.
// do runs one command.
func (e *sedEditor) do(c *sedCommand) (sedFlow, error) {
	switch c.name {
	case '{', '}':
	case '=':
		e.emit(strconv.Itoa(e.input.number) + "\n")
	case 'a':
		e.later(func() error { e.emit(c.text); return nil })
	case 'i':
		e.emit(c.text)
	case 'c':
		if c.addr2 == nil || c.negate || !c.active {
			e.emit(c.text)
		}
		return sedDelete, nil
	case 'b':
		return sedJump, nil
	case 't', 'T':
		taken := e.replaced == (c.name == 't')
		e.replaced = false
		if taken {
			return sedJump, nil
		}
	case 'd':
		return sedDelete, nil
	case 'D':
		i := bytes.IndexByte(e.space, '\n')
		if i < 0 {
			return sedDelete, nil
		}
		e.space = e.space[i+1:]
		return sedRestart, nil
	case 'g':
		e.space = bytes.Clone(e.hold)
	case 'G':
		e.space = append(append(e.space, '\n'), e.hold...)
	case 'h':
		e.hold = bytes.Clone(e.space)
	case 'H':
		e.hold = append(append(e.hold, '\n'), e.space...)
	case 'x':
		e.space, e.hold = e.hold, e.space
	case 'z':
		e.space = nil
	case 'l':
		e.emit(unambiguous(e.space))
	case 'n', 'N':
		return e.nextLine(c.name)
	case 'p':
		e.print(e.space)
	case 'P':
		first, _, _ := bytes.Cut(e.space, []byte("\n"))
		e.emit(string(first) + string(rune(e.end)))
	case 'q', 'Q':
		e.status = max(c.number, 0)
		if c.name == 'q' {
			return sedQuit, nil
		}
		return sedQuitNow, nil
	case 's':
		return sedNext, e.substitute(c.subst)
	case 'y':
		e.space = []byte(strings.Map(func(r rune) rune {
			if to, ok := c.pairs[r]; ok {
				return to
			}
			return r
		}, string(e.space)))
	case 'F':
		e.emit("-\n")
	default:
		return sedNext, e.doFile(c)
	}
	return sedNext, nil
}

// nextLine does n, which replaces the pattern space, and N, which adds to it. Without another line,
// the script ends.
func (e *sedEditor) nextLine(name byte) (sedFlow, error) {
	if !e.input.more() {
		if e.quiet && name == 'N' {
			return sedQuitNow, nil
		}
		return sedQuit, nil
	}
	if name == 'n' && !e.quiet {
		e.print(e.space)
	}
	if err := e.flushAppended(); err != nil {
		return sedNext, err
	}
	before := e.space
	if err := e.read(); err != nil {
		return sedNext, err
	}
	if name == 'N' {
		e.space = append(append(before, '\n'), e.space...)
	}
	return sedNext, nil
}

func (e *sedEditor) substitute(s *substitution) error {
	re := e.regexp(s.re)
	if re == nil {
		return fmt.Errorf("no previous regular expression")
	}
	text, changed := s.apply(re, e.space)
	if !changed {
		return nil
	}
	e.space, e.replaced = text, true
	if s.print {
		e.print(e.space)
	}
	if s.file == "" {
		return nil
	}
	return e.writeTo(s.file, e.space)
}

// doFile runs the commands that read and write files.
func (e *sedEditor) doFile(c *sedCommand) error {
	switch c.name {
	case 'r':
		e.later(func() error {
			f, err := os.Open(e.p.path(c.text))
			if err != nil {
				return nil // as sed has it, a file that cannot be read is empty
			}
			defer f.Close()
			e.emit("")
			_, err = io.Copy(e.out, f)
			return err
		})
	case 'w':
		return e.writeTo(c.text, e.space)
	case 'W':
		first, _, _ := bytes.Cut(e.space, []byte("\n"))
		return e.writeTo(c.text, first)
	default:
		return fmt.Errorf("the command %c is not supported in the playground", c.name)
	}
	return nil
}

func (e *sedEditor) writeTo(name string, line []byte) error {
	w, err := e.output(name)
	if err != nil {
		return err
	}
	w.Write(line)
	w.WriteByte('\n')
	if w == e.out {
		return nil
	}
	return w.Flush()
}

func (e *sedEditor) later(f func() error) { e.appended = append(e.appended, f) }

func (e *sedEditor) flushAppended() error {
	for _, f := range e.appended {
		if err := f(); err != nil {
			return err
		}
	}
	e.appended = e.appended[:0]
	return nil
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
		var s string
		switch {
		case c == '\\':
			s = `\\`
		case strings.IndexByte("\a\b\f\n\r\t\v", c) >= 0:
			s = `\` + string("abtnvfr"[c-7])
		case c < 0x20 || c >= 0x7f:
			s = fmt.Sprintf(`\%03o`, c)
		default:
			s = string(rune(c))
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
