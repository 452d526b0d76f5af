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

// errBackReference is the one thing that Go's regular expressions, which never backtrack, cannot do.
var errBackReference = errors.New(`back-references such as \1 in a pattern are not supported in the playground`)

// compile compiles a regular expression. Matches of POSIX ones are the leftmost longest, as POSIX
// wants. flags are Go's: i to ignore case, m for ^ and $ at line ends. A dot matches a newline too.
func compile(pattern string, kind syntaxKind, flags string) (*regexp.Regexp, error) {
	if kind == perl {
		return regexp.Compile("(?s" + flags + ")" + pattern)
	}
	t := translator{src: pattern, kind: kind}
	if err := t.translate(); err != nil {
		return nil, err
	}
	re, err := regexp.Compile("(?s" + flags + ")" + t.out.String())
	if err != nil {
		return nil, fmt.Errorf("invalid regular expression '%s': %w", pattern, err)
	}
	re.Longest()
	return re, nil
}

// translator rewrites a POSIX expression in Go's notation.
type translator struct {
	src   string
	pos   int
	kind  syntaxKind
	depth int // open groups
	out   strings.Builder

	atom bool // something to repeat stands before
	star bool // it is repeated already

	repeated int // where in out the last repetition starts
}

func (t *translator) translate() error {
	for t.pos < len(t.src) {
		c := t.src[t.pos]
		t.pos++
		var err error
		switch {
		case c == '\\':
			err = t.escape()
		case c == '[':
			err = t.bracket()
		case c == '*':
			t.repeat("*")
		case t.kind == extended && strings.IndexByte("+?|(){", c) >= 0:
			err = t.operator(c)
		case c == '^' && (t.kind == extended || t.atStart()):
			t.anchor("^")
		case c == '$' && (t.kind == extended || t.atEnd()):
			t.anchor("$")
		case c == '.':
			t.literal(".")
		default:
			t.char(c)
		}
		if err != nil {
			return err
		}
	}
	if t.depth > 0 {
		return fmt.Errorf("unmatched ( or \\( in '%s'", t.src)
	}
	return nil
}

// char writes one byte that stands for itself.
func (t *translator) char(c byte) {
	if c < 0x80 {
		t.literal(regexp.QuoteMeta(string(rune(c))))
		return
	}
	t.literal(string([]byte{c}))
}

func (t *translator) literal(s string) {
	t.out.WriteString(s)
	t.atom, t.star = true, false
}

func (t *translator) anchor(s string) {
	t.out.WriteString(s)
	t.atom, t.star = false, false
}

// repeat writes a repetition. With nothing to repeat it is a character. A repetition of a
// repetition, which Go refuses, becomes `*`: that is what nearly all of them mean.
func (t *translator) repeat(op string) {
	switch {
	case !t.atom:
		t.literal(regexp.QuoteMeta(op))
	case t.star:
		s := t.out.String()
		t.out.Reset()
		t.out.WriteString(s[:t.repeated] + "*")
	default:
		t.repeated = t.out.Len()
		t.out.WriteString(op)
		t.star = true
	}
}

// operator handles what is special in an extended expression, or was escaped in a basic one.
func (t *translator) operator(c byte) error {
	switch c {
	case '|':
		t.anchor("|")
	case '(':
		t.depth++
		t.anchor("(")
	case ')':
		if t.depth == 0 {
			if t.kind == extended {
				t.literal(`\)`)
				return nil
			}
			return fmt.Errorf("unmatched ) or \\) in '%s'", t.src)
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
	end := "}"
	if t.kind == basic {
		end = `\}`
	}
	text, _, found := strings.Cut(t.src[t.pos:], end)
	if !found || !t.atom || strings.Trim(text, "0123456789,") != "" || text == "" {
		if t.kind == extended {
			t.literal(`\{`)
			return nil
		}
		return fmt.Errorf("invalid content of \\{\\} in '%s'", t.src)
	}
	t.pos += len(text) + len(end)
	if text[0] == ',' {
		text = "0" + text
	}
	t.repeat("{" + text + "}")
	return nil
}

// escape reads what follows a backslash.
func (t *translator) escape() error {
	if t.pos == len(t.src) {
		return fmt.Errorf("trailing backslash in '%s'", t.src)
	}
	c := t.src[t.pos]
	t.pos++
	switch {
	case t.kind == basic && strings.IndexByte("+?|(){", c) >= 0:
		return t.operator(c)
	case c >= '1' && c <= '9':
		return errBackReference
	case strings.IndexByte("wWsS", c) >= 0:
		t.literal(`\` + string(rune(c)))
	case c == 'b' || c == 'B':
		t.anchor(`\` + string(rune(c)))
	case c == '<':
		t.anchor(`\b`)
	case c == '>':
		t.out.WriteString(`\b`)
	case c == '`':
		t.anchor(`\A`)
	case c == '\'':
		t.anchor(`\z`)
	case c == 'n' || c == 't' || c == 'r' || c == 'f' || c == 'v' || c == 'a':
		t.literal(`\` + string(rune(c)))
	default:
		t.char(c)
	}
	return nil
}

// bracket reads a bracket expression after its [.
func (t *translator) bracket() error {
	start := t.pos
	b := &strings.Builder{}
	b.WriteByte('[')
	if strings.HasPrefix(t.src[t.pos:], "^") {
		b.WriteByte('^')
		t.pos++
	}
	for first := true; ; first = false {
		if t.pos >= len(t.src) {
			return fmt.Errorf("unmatched [ in '%s'", t.src[start-1:])
		}
		rest := t.src[t.pos:]
		switch {
		case rest[0] == ']' && !first:
			t.pos++
			b.WriteByte(']')
			t.literal(b.String())
			return nil
		case strings.HasPrefix(rest, "[:") || strings.HasPrefix(rest, "[.") || strings.HasPrefix(rest, "[="):
			n := strings.Index(rest[2:], rest[1:2]+"]")
			if n < 0 {
				return fmt.Errorf("unmatched [ in '%s'", rest)
			}
			inner := rest[2 : 2+n]
			t.pos += n + 4
			if rest[1] == ':' {
				b.WriteString("[:" + inner + ":]")
			} else {
				b.WriteString(regexp.QuoteMeta(inner))
			}
		case rest[0] == '\\' && len(rest) > 1 && (rest[1] == 'n' || rest[1] == 't'):
			b.WriteString(rest[:2]) // GNU sed and grep -P read these; a lone backslash stays one
			t.pos += 2
		default:
			if strings.IndexByte(`\[]^&~`, rest[0]) >= 0 {
				b.WriteByte('\\')
			}
			b.WriteByte(rest[0])
			t.pos++
		}
	}
}

// atStart tells whether a ^ that was just read is an anchor in a basic expression.
func (t *translator) atStart() bool {
	before := t.src[:t.pos-1]
	return before == "" || strings.HasSuffix(before, `\(`) || strings.HasSuffix(before, `\|`) || strings.HasSuffix(before, "\n")
}

// atEnd tells whether a $ that was just read is an anchor in a basic expression.
func (t *translator) atEnd() bool {
	after := t.src[t.pos:]
	return after == "" || strings.HasPrefix(after, `\)`) || strings.HasPrefix(after, `\|`) || strings.HasPrefix(after, "\n")
}
