//go:build linux

package tool

import (
	"fmt"
	"strconv"
	"strings"
)

type sedParser struct {
	src      string
	pos      int
	kind     syntaxKind
	commands []sedCommand
	blocks   []int // open {
	labels   map[string]int
}

func parseSed(src string, kind syntaxKind) ([]sedCommand, error) {
	p := sedParser{src: src, kind: kind, labels: map[string]int{}}
	for {
		p.skip(" \t\n;")
		if p.pos >= len(p.src) {
			break
		}
		if err := p.command(); err != nil {
			return nil, fmt.Errorf("-e expression #1, char %d: %w", p.pos, err)
		}
	}
	if len(p.blocks) > 0 {
		return nil, fmt.Errorf("-e expression #1, char 0: unmatched `{'")
	}
	return p.commands, p.link()
}

func (p *sedParser) link() error {
	for i := range p.commands {
		c := &p.commands[i]
		if strings.IndexByte("btT", c.name) < 0 {
			continue
		}
		to, ok := p.labels[c.text]
		switch {
		case c.text == "":
			to = len(p.commands)
		case !ok:
			return fmt.Errorf("-e expression #1, char %d: can't find label for jump to `%s'", len(p.src), c.text)
		}
		c.jump = to
	}
	return nil
}

func (p *sedParser) peek() byte {
	if p.pos < len(p.src) {
		return p.src[p.pos]
	}
	return 0
}

func (p *sedParser) skip(set string) {
	for p.pos < len(p.src) && strings.IndexByte(set, p.src[p.pos]) >= 0 {
		p.pos++
	}
}

func (p *sedParser) command() error {
	c := sedCommand{number: -1}
	var err error
	if c.addr1, err = p.address(false); err != nil {
		return err
	}
	p.skip(" \t")
	if c.addr1 != nil && p.peek() == ',' {
		p.pos++
		p.skip(" \t")
		if c.addr2, err = p.address(true); err != nil {
			return err
		}
		if c.addr2 == nil {
			return fmt.Errorf("unexpected `,'")
		}
	}
	if c.addr1 != nil && c.addr1.line == 0 && c.addr1.step == 0 && !c.addr1.final && c.addr1.re == nil && !c.addr1.reuse {
		if c.addr2 == nil || c.addr2.re == nil {
			return fmt.Errorf("invalid usage of line address 0")
		}
	}
	p.skip(" \t")
	for p.peek() == '!' {
		c.negate = true
		p.pos++
		p.skip(" \t")
	}
	if p.pos >= len(p.src) {
		return fmt.Errorf("missing command")
	}
	c.name = p.src[p.pos]
	p.pos++
	return p.body(c)
}

func (p *sedParser) body(c sedCommand) error {
	var err error
	switch c.name {
	case '#':
		p.line()
		return nil
	case '{':
		p.blocks = append(p.blocks, len(p.commands))
		p.commands = append(p.commands, c)
		return nil
	case '}':
		if len(p.blocks) == 0 {
			return fmt.Errorf("unexpected `}'")
		}
		open := p.blocks[len(p.blocks)-1]
		p.blocks = p.blocks[:len(p.blocks)-1]
		p.commands[open].jump = len(p.commands)
		return p.end()
	case ':':
		p.skip(" \t")
		p.labels[p.word()] = len(p.commands)
		return nil
	case 'b', 't', 'T':
		p.skip(" \t")
		c.text = p.word()
	case 'a', 'i', 'c':
		c.text, err = p.textArgument()
	case 'r', 'R', 'w', 'W':
		p.skip(" \t")
		if c.text = p.line(); c.text == "" {
			err = fmt.Errorf("missing filename in r/R/w/W commands")
		}
	case 'q', 'Q', 'l', 'L':
		p.skip(" \t")
		if n := p.number(); n != "" {
			c.number, err = strconv.Atoi(n)
		}
		if err == nil {
			err = p.end()
		}
	case 's':
		if c.subst, err = p.substitute(); err == nil {
			err = p.end()
		}
	case 'y':
		if c.pairs, err = p.transliterate(); err == nil {
			err = p.end()
		}
	case '=', 'd', 'D', 'g', 'G', 'h', 'H', 'n', 'N', 'p', 'P', 'x', 'z', 'F':
		err = p.end()
	default:
		err = fmt.Errorf("unknown command: `%c'", c.name)
	}
	if err != nil {
		return err
	}
	p.commands = append(p.commands, c)
	return nil
}

func (p *sedParser) end() error {
	p.skip(" \t")
	switch p.peek() {
	case 0, '\n', ';':
		p.pos++
	case '}', '#':
	default:
		return fmt.Errorf("extra characters after command")
	}
	return nil
}

func (p *sedParser) line() string {
	text, _, _ := strings.Cut(p.src[p.pos:], "\n")
	p.pos += len(text)
	return text
}

func (p *sedParser) word() string {
	start := p.pos
	for p.pos < len(p.src) && strings.IndexByte("\n; \t}", p.src[p.pos]) < 0 {
		p.pos++
	}
	return p.src[start:p.pos]
}

func (p *sedParser) number() string {
	start := p.pos
	for p.pos < len(p.src) && p.src[p.pos] >= '0' && p.src[p.pos] <= '9' {
		p.pos++
	}
	return p.src[start:p.pos]
}

func (p *sedParser) textArgument() (string, error) {
	p.skip(" \t")
	if p.peek() == '\\' {
		p.pos++
		if rest := strings.TrimLeft(p.src[p.pos:], " \t"); strings.HasPrefix(rest, "\n") {
			p.pos = len(p.src) - len(rest) + 1
		} // else what follows is the text, with its leading blanks
	}
	if p.pos >= len(p.src) {
		return "", fmt.Errorf("expected \\ after `a', `c' or `i'")
	}
	var b strings.Builder
	for p.pos < len(p.src) && p.src[p.pos] != '\n' {
		if p.src[p.pos] == '\\' && p.pos+1 < len(p.src) {
			p.pos++
			if p.src[p.pos] == 't' {
				b.WriteByte('\t')
				p.pos++
				continue
			}
		}
		b.WriteByte(p.src[p.pos])
		p.pos++
	}
	b.WriteByte('\n')
	return b.String(), nil
}

func (p *sedParser) address(second bool) (*sedAddress, error) {
	a := &sedAddress{plus: -1}
	switch c := p.peek(); {
	case c >= '0' && c <= '9':
		a.line, _ = strconv.Atoi(p.number())
		if p.peek() == '~' {
			p.pos++
			a.step, _ = strconv.Atoi(p.number())
		}
	case c == '$':
		p.pos++
		a.final = true
	case second && (c == '+' || c == '~'):
		p.pos++
		n, err := strconv.Atoi(p.number())
		if err != nil {
			return nil, fmt.Errorf("expected a number after `%c'", c)
		}
		if c == '+' {
			a.plus = n
		} else {
			a.until = n
		}
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
		return nil, fmt.Errorf("unterminated address regex")
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
	a.re, err = compilePOSIX(text, p.kind, flags)
	return a, err
}
