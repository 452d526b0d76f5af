package gitignore

import "strings"

// token is a part of a pattern that takes one byte, or a run of them.
type token struct {
	kind kind
	char byte       // of one
	set  *[256]bool // of class
}

type kind int

const (
	one    kind = iota // this byte
	class              // one byte of a set
	run                // any bytes but slashes
	deep               // any bytes
	enter              // "**/", before a folder's name: may be skipped with its inside
	inside             // "**/", in folders' names, until a slash ends them
)

// compile reads a pattern by the rules of git's wildmatch with WM_PATHNAME. It is
// not ok where nothing can match.
func compile(text string) (tokens []token, ok bool) {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			if i++; i == len(text) {
				return nil, false
			}
			tokens = append(tokens, token{kind: one, char: text[i]})
		case '?':
			tokens = append(tokens, token{kind: class, set: &notSlash})
		case '[':
			set, end := readClass(text, i+1)
			if set == nil {
				return nil, false
			}
			tokens = append(tokens, token{kind: class, set: set})
			i = end
		case '*':
			first := i
			for i+1 < len(text) && text[i+1] == '*' {
				i++
			}
			rest := text[i+1:]
			switch {
			case i == first || !startsName(text, first):
				tokens = append(tokens, token{kind: run})
			case strings.HasPrefix(rest, "/"):
				tokens = append(tokens, token{kind: enter}, token{kind: inside})
				i++
			case rest == "" || strings.HasPrefix(rest, `\/`):
				tokens = append(tokens, token{kind: deep})
			default:
				tokens = append(tokens, token{kind: run})
			}
		default:
			tokens = append(tokens, token{kind: one, char: text[i]})
		}
	}
	return tokens, true
}

// startsName says that what begins at i may be "**" for any folders. Git compares
// the literal start of a pattern by itself and reads what follows as a pattern of
// its own, so that it counts as a start too.
func startsName(text string, i int) bool {
	return i == 0 || text[i-1] == '/' || !strings.ContainsAny(text[:i], special)
}

var notSlash = func() (set [256]bool) {
	for c := range set {
		set[c] = c != '/'
	}
	return set
}()

// readClass reads a class from behind its opening bracket, and returns where its
// closing one is. The set is nil where the class is not closed, or has a name
// that does not exist.
func readClass(text string, i int) (set *[256]bool, end int) {
	negated := i < len(text) && (text[i] == '!' || text[i] == '^')
	if negated {
		i++
	}
	set = new([256]bool)
	previous := -1 // what a range may start from
	for first := true; ; first = false {
		if i >= len(text) {
			return nil, 0
		}
		c := text[i]
		switch {
		case c == ']' && !first:
			for b := range set {
				set[b] = set[b] != negated && b != '/'
			}
			return set, i
		case c == '-' && previous >= 0 && i+1 < len(text) && text[i+1] != ']':
			if i++; text[i] == '\\' {
				i++
			}
			if i >= len(text) {
				return nil, 0
			}
			for b := previous; b <= int(text[i]); b++ {
				set[b] = true
			}
			previous = -1
		case c == '[' && strings.HasPrefix(text[i:], "[:"):
			closing := strings.IndexByte(text[i+2:], ']')
			if closing < 0 {
				return nil, 0
			}
			name, named := strings.CutSuffix(text[i+2:i+2+closing], ":")
			if !named { // a bracket like any other character
				set['['], previous = true, '['
				break
			}
			in, known := namedClasses[name]
			if !known {
				return nil, 0
			}
			for b := range 128 {
				set[b] = set[b] || in(byte(b))
			}
			i += 2 + closing
			previous = -1
		default:
			if c == '\\' {
				if i++; i == len(text) {
					return nil, 0
				}
				c = text[i]
			}
			set[c], previous = true, int(c)
		}
		i++
	}
}

var namedClasses = map[string]func(byte) bool{
	"alnum":  func(c byte) bool { return letter(c) || digit(c) },
	"alpha":  letter,
	"blank":  func(c byte) bool { return c == ' ' || c == '\t' },
	"cntrl":  func(c byte) bool { return c < ' ' || c == 0x7f },
	"digit":  digit,
	"graph":  func(c byte) bool { return c > ' ' && c < 0x7f },
	"lower":  func(c byte) bool { return c >= 'a' && c <= 'z' },
	"print":  func(c byte) bool { return c >= ' ' && c < 0x7f },
	"punct":  func(c byte) bool { return c > ' ' && c < 0x7f && !letter(c) && !digit(c) },
	"space":  func(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' },
	"upper":  func(c byte) bool { return c >= 'A' && c <= 'Z' },
	"xdigit": func(c byte) bool { return digit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' },
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func digit(c byte) bool  { return c >= '0' && c <= '9' }

// follow says whether the tokens take the whole text. It keeps the set of all
// places in the tokens where a reading of the text so far may have arrived.
func follow(tokens []token, text string) bool {
	now, next := make([]bool, len(tokens)+1), make([]bool, len(tokens)+1)
	arrive(tokens, now, 0)
	for i := 0; i < len(text); i++ {
		clear(next)
		alive := false
		for at, here := range now[:len(tokens)] {
			if !here {
				continue
			}
			c, t := text[i], &tokens[at]
			switch {
			case t.kind == one && t.char == c, t.kind == class && t.set[c]:
				arrive(tokens, next, at+1)
			case t.kind == run && c != '/', t.kind == deep:
				arrive(tokens, next, at)
			case t.kind == inside:
				next[at] = true
				if c == '/' {
					arrive(tokens, next, at+1)
				}
			default:
				continue
			}
			alive = true
		}
		if !alive {
			return false
		}
		now, next = next, now
	}
	return now[len(tokens)]
}

// arrive marks a place, and those that are reached from it without a byte.
func arrive(tokens []token, places []bool, at int) {
	for !places[at] {
		places[at] = true
		if at == len(tokens) {
			return
		}
		switch tokens[at].kind {
		case run, deep:
			at++
		case enter:
			places[at+1] = true
			at += 2
		default:
			return
		}
	}
}
