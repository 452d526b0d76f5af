package tool

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// syntaxKind is a notation of regular expressions.
type syntaxKind int

const (
	basic    syntaxKind = iota // POSIX basic, with GNU's \+ \? \|
	extended                   // POSIX extended
	perl                       // Go's own, which reads most of what is written for Perl's
)

// compile compiles a regular expression. Matches of POSIX ones are the leftmost longest, as POSIX
// wants. flags are Go's: i to ignore case, m for ^ and $ at line ends. A dot matches a newline too.
func compile(pattern string, kind syntaxKind, flags string) (*regexp.Regexp, error) {
	flags = "(?s" + flags + ")"
	if kind == perl {
		return regexp.Compile(flags + pattern)
	}
	t := translator{src: pattern, kind: kind, fresh: true}
	err := t.translate()
	if err == nil && t.depth > 0 {
		err = errors.New(`unmatched ( or \(`)
	}
	var re *regexp.Regexp
	if err == nil {
		re, err = regexp.Compile(flags + string(t.out))
	}
	if err != nil {
		return nil, fmt.Errorf("invalid regular expression '%s': %w", pattern, err)
	}
	re.Longest()
	return re, nil
}

// translator rewrites a POSIX expression in Go's notation.
type translator struct {
	src   string // what is not yet read
	kind  syntaxKind
	depth int // open groups
	out   []byte

	fresh    bool // an expression starts here
	atom     bool // something to repeat stands before
	star     bool // it is repeated already
	repeated int  // where in out the last repetition starts
}

func (t *translator) translate() (err error) {
	for t.src != "" && err == nil {
		c, escaped := t.src[0], t.src[0] == '\\'
		if escaped {
			if len(t.src) == 1 {
				return errors.New("trailing backslash")
			}
			c, t.src = t.src[1], t.src[1:]
		}
		t.src = t.src[1:]
		starts := t.fresh
		t.fresh = false
		switch {
		case strings.IndexByte("+?|(){", c) >= 0 && escaped == (t.kind == basic):
			err = t.operator(c)
		case escaped:
			err = t.escape(c)
		case c == '[':
			err = t.bracket()
		case c == '*':
			t.repeat("*")
		case c == '^' && (t.kind == extended || starts), c == '$' && (t.kind == extended || t.ends()):
			t.anchor(string(rune(c)))
		case c == '.':
			t.literal(".")
		default:
			t.char(c)
		}
	}
	return err
}

// ends tells whether an expression ends here.
func (t *translator) ends() bool {
	return t.src == "" || strings.HasPrefix(t.src, `\)`) || strings.HasPrefix(t.src, `\|`)
}

// char writes one byte that stands for itself.
func (t *translator) char(c byte) {
	if c < 0x80 {
		t.literal(regexp.QuoteMeta(string(rune(c))))
	} else {
		t.literal(string([]byte{c}))
	}
}

func (t *translator) literal(s string) {
	t.out = append(t.out, s...)
	t.atom, t.star = true, false
}

func (t *translator) anchor(s string) {
	t.literal(s)
	t.atom = false
}

// repeat writes a repetition. With nothing to repeat it is a character. A repetition of a
// repetition, which Go refuses, becomes `*`: that is what nearly all of them mean.
func (t *translator) repeat(op string) {
	switch {
	case !t.atom:
		t.literal(regexp.QuoteMeta(op))
		return
	case t.star:
		t.out, op = t.out[:t.repeated], "*"
	}
	t.repeated, t.star = len(t.out), true
	t.out = append(t.out, op...)
}

// operator handles what is special in an extended expression, or was escaped in a basic one.
func (t *translator) operator(c byte) error {
	switch c {
	case '|', '(':
		if c == '(' {
			t.depth++
		}
		t.anchor(string(rune(c)))
		t.fresh = true
	case ')':
		if t.depth == 0 && t.kind == basic {
			return errors.New(`unmatched \)`)
		}
		if t.depth == 0 {
			t.char(c)
			return nil
		}
		t.depth--
		t.literal(")")
	case '{':
		return t.interval()
	default: // + ?
		t.repeat(string(rune(c)))
	}
	return nil
}

// interval reads what follows { or \{.
func (t *translator) interval() error {
	text, rest, found := strings.Cut(t.src, map[syntaxKind]string{basic: `\}`, extended: "}"}[t.kind])
	switch valid := found && t.atom && text != "" && strings.Trim(text, "0123456789,") == ""; {
	case !valid && t.kind == basic:
		return errors.New(`invalid content of \{\}`)
	case !valid:
		t.char('{')
		return nil
	}
	if text[0] == ',' {
		text = "0" + text
	}
	t.src = rest
	t.repeat("{" + text + "}")
	return nil
}

// escape writes what a backslash and a letter mean.
func (t *translator) escape(c byte) error {
	switch {
	case c >= '1' && c <= '9': // Go's regular expressions never backtrack
		return errors.New(`back-references such as \1 in a pattern are not supported in the playground`)
	case strings.IndexByte("wWsSntrfva", c) >= 0:
		t.literal(`\` + string(rune(c)))
	case c == 'b' || c == 'B':
		t.anchor(`\` + string(rune(c)))
	case c == '<' || c == '>':
		t.anchor(`\b`)
	case c == '`':
		t.anchor(`\A`)
	case c == '\'':
		t.anchor(`\z`)
	default:
		t.char(c)
	}
	return nil
}

// bracket reads a bracket expression after its [.
func (t *translator) bracket() error {
	n := bracketLength("["+t.src) - 1
	if n == 0 {
		return errors.New("unmatched [")
	}
	body := t.src[:n-1]
	t.src = t.src[n:]
	out := "["
	if after, ok := strings.CutPrefix(body, "^"); ok {
		out, body = "[^", after
	}
	for body != "" {
		n := 1
		if class := strings.Index(body, ":]"); class > 0 && strings.HasPrefix(body, "[:") {
			n = class + 2
		} else if strings.HasPrefix(body, `\n`) || strings.HasPrefix(body, `\t`) {
			n = 2 // GNU sed and grep -P read these; a lone backslash stays one
		} else if strings.IndexByte(`\[]^`, body[0]) >= 0 {
			out += `\`
		}
		out += body[:n]
		body = body[n:]
	}
	t.literal(out + "]")
	return nil
}

// bracketLength is the length of the bracket expression that s starts with, 1 if it is not closed.
func bracketLength(s string) int {
	i := 1
	if i < len(s) && s[i] == '^' {
		i++
	}
	if i < len(s) && s[i] == ']' {
		i++
	}
	for i < len(s) && s[i] != '\n' {
		switch {
		case s[i] == ']':
			return i + 1
		case s[i] == '[' && i+1 < len(s) && s[i+1] == ':':
			n := strings.Index(s[i:], ":]")
			if n < 0 {
				return 1
			}
			i += n + 2
		default:
			i++
		}
	}
	return 1
}
