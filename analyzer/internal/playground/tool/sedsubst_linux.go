package tool

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// substitution is what follows an s.
type substitution struct {
	re          *regexp.Regexp // nil for an empty one: the last that was used
	replacement []replacementPart
	global      bool
	print       bool
	nth         int
}

// replacementPart is a text or a group of the match, or a change of case for what follows.
type replacementPart struct {
	text  string
	group int  // -1 for text
	fold  byte // one of L U l u E, 0 for none
}

// delimited reads up to the delimiter, which it skips. An escaped delimiter stands for itself. In a
// regular expression the delimiter may stand in brackets, too.
func (p *sedParser) delimited(delim byte, regex bool) (string, error) {
	var b strings.Builder
	for p.pos < len(p.src) {
		c := p.src[p.pos]
		p.pos++
		switch {
		case c == delim:
			return b.String(), nil
		case c == '\\' && p.pos < len(p.src):
			next := p.src[p.pos]
			p.pos++
			switch {
			case next == delim && regex && delim == '^':
				b.WriteString(`\^`)
			case next == delim && regex && strings.IndexByte(".*[]^$+?(){}|", delim) >= 0:
				b.WriteString("[" + string(rune(delim)) + "]")
			case next == delim && next != '&':
				b.WriteByte(next)
			default:
				b.WriteString(`\` + string([]byte{next}))
			}
		case c == '[' && regex:
			n := bracketLength(p.src[p.pos-1:])
			b.WriteString(p.src[p.pos-1 : p.pos-1+n])
			p.pos += n - 1
		default:
			b.WriteByte(c)
		}
	}
	return "", errors.New("unterminated")
}

// substitute reads what follows an s.
func (p *sedParser) substitute() (*substitution, error) {
	delim := p.peek()
	p.pos++
	pattern, err1 := p.delimited(delim, true)
	replacement, err2 := p.delimited(delim, false)
	if err1 != nil || err2 != nil || strings.IndexByte("\x00\n\\", delim) >= 0 {
		return nil, errors.New("unterminated `s' command")
	}
	s := &substitution{nth: 1, replacement: parseReplacement(replacement)}
	flags := ""
	for more := true; more; {
		switch c := p.peek(); {
		case c >= '1' && c <= '9':
			s.nth = p.number()
			continue
		case c == 'g':
			s.global = true
		case c == 'p':
			s.print = true
		case c == 'i' || c == 'I':
			flags = "i"
		default:
			more = false
			continue
		}
		p.pos++
	}
	if pattern == "" {
		return s, nil
	}
	var err error
	s.re, err = compile(pattern, p.kind, flags)
	for _, part := range s.replacement {
		if err == nil && part.group > s.re.NumSubexp() {
			err = fmt.Errorf("invalid reference \\%d on `s' command's RHS", part.group)
		}
	}
	return s, err
}

// parseReplacement splits the right side of s.
func parseReplacement(s string) []replacementPart {
	var parts []replacementPart
	var text strings.Builder
	flush := func() {
		if text.Len() > 0 {
			parts = append(parts, replacementPart{text: text.String(), group: -1})
			text.Reset()
		}
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '&' {
			flush()
			parts = append(parts, replacementPart{group: 0})
			continue
		}
		if c != '\\' || i+1 == len(s) {
			text.WriteByte(c)
			continue
		}
		i++
		switch c = s[i]; {
		case c >= '0' && c <= '9':
			flush()
			parts = append(parts, replacementPart{group: int(c - '0')})
		case strings.IndexByte("LUluE", c) >= 0:
			flush()
			parts = append(parts, replacementPart{group: -1, fold: c})
		case c == 'x':
			value, n := digits(s[i+1:], 16, 2)
			text.WriteByte(byte(value))
			i += n
		case strings.IndexByte("ntrfva", c) >= 0:
			text.WriteByte(simpleEscapes[c])
		default:
			text.WriteByte(c)
		}
	}
	flush()
	return parts
}

// apply replaces matches in a line and tells whether there were any.
func (s *substitution) apply(re *regexp.Regexp, line []byte) ([]byte, bool) {
	n := s.nth
	if s.global {
		n = -1
	}
	found := re.FindAllSubmatchIndex(line, n)
	if len(found) < s.nth {
		return line, false
	}
	found = found[s.nth-1:]
	out := make([]byte, 0, len(line)+64)
	at := 0
	for _, loc := range found {
		out = append(out, line[at:loc[0]]...)
		out = s.expand(out, line, loc)
		at = loc[1]
	}
	return append(out, line[at:]...), true
}

// expand appends the replacement of one match.
func (s *substitution) expand(out, line []byte, loc []int) []byte {
	fold, once := byte(0), byte(0)
	for _, part := range s.replacement {
		switch part.fold {
		case 0:
		case 'l', 'u':
			once = part.fold
			continue
		default: // E is no fold
			fold = part.fold
			continue
		}
		text := part.text
		if part.group >= 0 {
			if from := loc[2*part.group]; from >= 0 {
				text = string(line[from:loc[2*part.group+1]])
			}
		}
		text = changeCase(text, fold)
		if once != 0 && text != "" {
			text, once = changeCase(text[:1], once)+text[1:], 0
		}
		out = append(out, text...)
	}
	return out
}

func changeCase(text string, letter byte) string {
	switch letter {
	case 'L', 'l':
		return strings.ToLower(text)
	case 'U', 'u':
		return strings.ToUpper(text)
	}
	return text
}

// transliterate reads what follows a y.
func (p *sedParser) transliterate() (map[rune]rune, error) {
	delim := p.peek()
	p.pos++
	from, err1 := p.delimited(delim, false)
	to, err2 := p.delimited(delim, false)
	if err1 != nil || err2 != nil {
		return nil, errors.New("unterminated `y' command")
	}
	plain := strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\t`, "\t")
	a, b := []rune(plain.Replace(from)), []rune(plain.Replace(to))
	if len(a) != len(b) {
		return nil, errors.New("strings for `y' command are different lengths")
	}
	pairs := map[rune]rune{}
	for i, r := range a {
		if _, ok := pairs[r]; !ok {
			pairs[r] = b[i]
		}
	}
	return pairs, nil
}
