package tool

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"regexp"
	"strconv"
)

// sedEditor runs a script.
type sedEditor struct {
	p        *Process
	ctx      context.Context // a script may loop for ever
	commands []sedCommand
	quiet    bool // -n
	separate bool
	out      *bufio.Writer
	files    map[string]*os.File // that the script writes

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

// sedFlow says what happens after a command.
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
		c := &e.commands[i]
		if c.active = false; c.name == 'w' { // files that are written are emptied first
			if _, err := e.output(c.text); err != nil {
				return err
			}
		}
	}
	for restart := false; !e.quit && e.ctx.Err() == nil; {
		if !restart {
			if err := e.read(); err != nil {
				return notEOF(err)
			}
			e.replaced = false
		}
		flow, err := e.cycle()
		if err != nil {
			return err
		}
		restart = flow == sedRestart
		e.quit = flow == sedQuit || flow == sedQuitNow
		if !e.quiet && (flow == sedEnd || flow == sedQuit) {
			e.print(e.space)
		}
		if err := e.flushAppended(); err != nil {
			return err
		}
	}
	return nil
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
			if i++; c.name == '{' {
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
func (e *sedEditor) selected(c *sedCommand) bool {
	n := e.input.number
	switch {
	case c.addr1 == nil:
		return true
	case c.addr2 == nil:
		return e.matches(c.addr1)
	case c.active && c.last > 0:
		c.active = n < c.last
		return n <= c.last
	case c.active:
		c.active = !e.matches(c.addr2)
		return true
	case c.addr1.zero():
		c.active = n == 1 && !e.matches(c.addr2)
		return n == 1
	case !e.matches(c.addr1):
		return false
	}
	c.last = 0
	switch a := c.addr2; {
	case a.plus >= 0:
		c.last = n + a.plus
	case a.until > 0:
		c.last = (n + a.until - 1) / a.until * a.until
	case a.re == nil && !a.reuse && !a.final:
		c.last = max(a.line, n)
	default:
		c.active = !(a.final && e.input.last())
		return true
	}
	c.active = n < c.last
	return true
}

func (e *sedEditor) matches(a *sedAddress) bool {
	switch {
	case a.final:
		return e.input.last()
	case a.re != nil || a.reuse:
		re := e.regexp(a.re)
		return re != nil && re.Match(e.space)
	case a.step > 0:
		return e.input.number >= a.line && (e.input.number-a.line)%a.step == 0
	}
	return e.input.number == a.line
}

// regexp remembers the last expression, which an empty one repeats.
func (e *sedEditor) regexp(re *regexp.Regexp) *regexp.Regexp {
	if re != nil {
		e.lastRE = re
	}
	return e.lastRE
}

// do runs one command.
func (e *sedEditor) do(c *sedCommand) (sedFlow, error) {
	first, rest, several := bytes.Cut(e.space, []byte("\n"))
	switch c.name {
	case '=':
		e.emit(strconv.Itoa(e.input.number) + "\n")
	case 'a':
		e.appended = append(e.appended, func() error { e.emit(c.text); return nil })
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
		if e.replaced = false; taken {
			return sedJump, nil
		}
	case 'D':
		if several {
			e.space = rest
			return sedRestart, nil
		}
		return sedDelete, nil
	case 'd':
		return sedDelete, nil
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
		e.emit(string(first) + "\n")
	case 'q', 'Q':
		e.status = c.status
		return map[byte]sedFlow{'q': sedQuit, 'Q': sedQuitNow}[c.name], nil
	case 's':
		return sedNext, e.substitute(c.subst)
	case 'y':
		e.space = bytes.Map(func(r rune) rune {
			if to, ok := c.pairs[r]; ok {
				return to
			}
			return r
		}, e.space)
	case 'r':
		e.appended = append(e.appended, func() error { return e.copyFile(c.text) })
	case 'w':
		w, err := e.output(c.text)
		if err == nil {
			_, err = w.Write(append(bytes.Clone(e.space), '\n'))
		}
		return sedNext, err
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
	before := e.space
	if err := errors.Join(e.flushAppended(), e.read()); err != nil {
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
		return errors.New("no previous regular expression")
	}
	text, changed := s.apply(re, e.space)
	if !changed {
		return nil
	}
	e.space, e.replaced = text, true
	if s.print {
		e.print(e.space)
	}
	return nil
}

// copyFile prints a file; one that cannot be read is empty, as sed has it.
func (e *sedEditor) copyFile(name string) error {
	f, err := os.Open(e.p.path(name))
	if err != nil {
		return nil
	}
	defer f.Close()
	e.emit("")
	_, err = io.Copy(e.out, f)
	return err
}

func (e *sedEditor) flushAppended() error {
	for _, f := range e.appended {
		if err := f(); err != nil {
			return err
		}
	}
	e.appended = e.appended[:0]
	return nil
}
