package tool

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// sedCommand is one command of a sed script. The script is a flat list: { and } carry where to jump.
type sedCommand struct {
	addr1, addr2 *sedAddress
	negate       bool
	name         byte
	text         string // of a, i and c; a file's name; a label
	jump         int    // where b, t, T and a { that does not apply go on; the script's length is its end
	status       int    // of q and Q
	subst        *substitution
	pairs        map[rune]rune // of y

	active bool // inside the range of addr1 and addr2
	last   int  // the range's last line, when it is known
}

// sedAddress selects lines. Exactly one kind is set.
type sedAddress struct {
	line  int // number; 0 only in 0,/re/
	step  int // first~step, with first in line
	final bool
	re    *regexp.Regexp
	reuse bool // an empty //: the last one that was used
	plus  int  // as second address: so many lines more; -1 if not set
	until int  // as second address: up to a multiple; 0 if not set
}

// zero tells whether it is the 0 of 0,/re/.
func (a *sedAddress) zero() bool {
	return a.line == 0 && a.step == 0 && a.plus < 0 && a.until == 0 && !a.final && a.re == nil && !a.reuse
}

// sedParser reads a script.
type sedParser struct {
	src      string
	pos      int
	kind     syntaxKind
	commands []sedCommand
	blocks   []int // open {
	labels   map[string]int
}

// parseSed reads a whole script.
func parseSed(src string, kind syntaxKind) ([]sedCommand, error) {
	p := sedParser{src: src, kind: kind, labels: map[string]int{}}
	for p.skip(" \t\n;"); p.pos < len(p.src); p.skip(" \t\n;") {
		if err := p.command(); err != nil {
			return nil, fmt.Errorf("-e expression #1, char %d: %w", p.pos, err)
		}
	}
	if len(p.blocks) > 0 {
		return nil, errors.New("-e expression #1, char 0: unmatched `{'")
	}
	for i := range p.commands {
		c := &p.commands[i]
		if strings.IndexByte("btT", c.name) < 0 {
			continue
		}
		to, ok := p.labels[c.text]
		if c.text == "" {
			to, ok = len(p.commands), true
		}
		if c.jump = to; !ok {
			return nil, fmt.Errorf("-e expression #1, char %d: can't find label for jump to `%s'", len(p.src), c.text)
		}
	}
	return p.commands, nil
}

func (p *sedParser) peek() byte {
	if p.pos < len(p.src) {
		return p.src[p.pos]
	}
	return 0
}

func (p *sedParser) skip(set string) {
	p.pos = len(p.src) - len(strings.TrimLeft(p.src[p.pos:], set))
}

// command reads addresses, a name and what belongs to it, and adds the command.
func (p *sedParser) command() (err error) {
	c := sedCommand{}
	if c.addr1, err = p.address(false); err != nil {
		return err
	}
	p.skip(" \t")
	if c.addr1 != nil && p.peek() == ',' {
		p.pos++
		p.skip(" \t")
		if c.addr2, err = p.address(true); err == nil && c.addr2 == nil {
			err = errors.New("unexpected `,'")
		}
		if err != nil {
			return err
		}
	}
	if c.addr1 != nil && c.addr1.zero() && (c.addr2 == nil || c.addr2.re == nil) {
		return errors.New("invalid usage of line address 0")
	}
	p.skip(" \t")
	for p.peek() == '!' {
		c.negate = true
		p.pos++
		p.skip(" \t")
	}
	if p.pos >= len(p.src) {
		return errors.New("missing command")
	}
	c.name = p.src[p.pos]
	p.pos++
	return p.body(c)
}

// body reads what follows a command's name.
func (p *sedParser) body(c sedCommand) (err error) {
	switch c.name {
	case '#':
		p.until("\n")
		return nil
	case '{':
		p.blocks = append(p.blocks, len(p.commands))
		p.commands = append(p.commands, c)
		return nil
	case '}':
		if len(p.blocks) == 0 {
			return errors.New("unexpected `}'")
		}
		p.commands[p.blocks[len(p.blocks)-1]].jump = len(p.commands)
		p.blocks = p.blocks[:len(p.blocks)-1]
		return p.end()
	case ':':
		p.skip(" \t")
		p.labels[p.until("\n; \t}")] = len(p.commands)
		return nil
	case 'b', 't', 'T':
		p.skip(" \t")
		c.text = p.until("\n; \t}")
	case 'a', 'i', 'c':
		c.text, err = p.textArgument()
	case 'r', 'w':
		p.skip(" \t")
		if c.text = p.until("\n"); c.text == "" {
			err = errors.New("missing filename in r/w commands")
		}
	case 'q', 'Q', 'l':
		p.skip(" \t")
		if p.peek() >= '0' && p.peek() <= '9' {
			c.status = p.number()
		}
		err = p.end()
	case 's':
		if c.subst, err = p.substitute(); err == nil {
			err = p.end()
		}
	case 'y':
		if c.pairs, err = p.transliterate(); err == nil {
			err = p.end()
		}
	case '=', 'd', 'D', 'g', 'G', 'h', 'H', 'n', 'N', 'p', 'P', 'x', 'z':
		err = p.end()
	default:
		err = fmt.Errorf("unknown command: `%c'", c.name)
	}
	p.commands = append(p.commands, c)
	return err
}

// end checks that nothing else follows a command.
func (p *sedParser) end() error {
	p.skip(" \t")
	switch p.peek() {
	case 0, '\n', ';':
		p.pos = min(p.pos+1, len(p.src))
	case '}', '#':
	default:
		return errors.New("extra characters after command")
	}
	return nil
}

// until reads up to one of these characters, or to the end.
func (p *sedParser) until(set string) string {
	text := p.src[min(p.pos, len(p.src)):]
	if i := strings.IndexAny(text, set); i >= 0 {
		text = text[:i]
	}
	p.pos += len(text)
	return text
}

func (p *sedParser) number() int {
	start := p.pos
	p.skip("0123456789")
	n, _ := strconv.Atoi(p.src[start:p.pos]) // one too long is the largest there is
	return n
}

// textArgument reads the text of a, i and c: after a backslash and a newline, or, as GNU has it, on
// the same line.
func (p *sedParser) textArgument() (string, error) {
	p.skip(" \t")
	if p.peek() == '\\' {
		p.pos++
		if rest := strings.TrimLeft(p.src[p.pos:], " \t"); strings.HasPrefix(rest, "\n") {
			p.pos = len(p.src) - len(rest) + 1
		} // else what follows is the text, with its leading blanks
	}
	if p.pos >= len(p.src) {
		return "", errors.New("expected \\ after `a', `c' or `i'")
	}
	var b strings.Builder
	for ; p.pos < len(p.src) && p.src[p.pos] != '\n'; p.pos++ {
		if p.src[p.pos] == '\\' && p.pos+1 < len(p.src) {
			if p.pos++; p.src[p.pos] == 't' {
				b.WriteByte('\t')
				continue
			}
		}
		b.WriteByte(p.src[p.pos])
	}
	return b.String() + "\n", nil
}

// address reads one address, nil when there is none.
func (p *sedParser) address(second bool) (*sedAddress, error) {
	a := &sedAddress{plus: -1}
	switch c := p.peek(); {
	case c >= '0' && c <= '9':
		if a.line = p.number(); p.peek() == '~' {
			p.pos++
			a.step = p.number()
		}
	case c == '$':
		p.pos++
		a.final = true
	case second && c == '+':
		p.pos++
		a.plus = p.number()
	case second && c == '~':
		p.pos++
		a.until = p.number()
	case c == '/' || c == '\\':
		p.pos++
		if c == '\\' {
			c = p.peek()
			p.pos++
		}
		return p.regexAddress(a, c)
	default:
		return nil, nil
	}
	return a, nil
}

func (p *sedParser) regexAddress(a *sedAddress, delim byte) (*sedAddress, error) {
	text, err := p.delimited(delim, true)
	if err != nil {
		return nil, errors.New("unterminated address regex")
	}
	flags := ""
	for p.peek() == 'I' || p.peek() == 'M' {
		flags += strings.ToLower(string(rune(p.peek())))
		p.pos++
	}
	if text == "" {
		a.reuse = true
		return a, nil
	}
	a.re, err = compile(text, p.kind, flags)
	return a, err
}
