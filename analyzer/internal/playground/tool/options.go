//go:build linux

package tool

import (
	"fmt"
	"strings"
)

// options reads a command line as getopt_long does: `-ab`, `-n5`, `-n 5`, `--lines=5`, `--lines 5`,
// options after operands, `--` to end them, and unique prefixes of long names.
type options struct {
	short string
	long  []string
	rest  []string // not yet read
	group string   // letters of the current `-abc` that are not yet read

	inOrder bool // the first operand ends the options
	numbers bool // -5 is the option "5" with what follows it as one word

	name string   // of the current option: its letter, or its long name when no letter means the same
	arg  string   // its argument
	has  bool     // it has an argument
	args []string // operands
	err  error
}

// options starts reading p's arguments. In short, `a` is an option, `a:` one with an argument,
// `a::` one with an argument that may be missing (and is then never the next word); a leading `+`
// means that the first operand ends the options. long is a list of names separated by blanks:
// `name`, `name:` and `name::` likewise, or `name=a` for another way to write -a.
func (p *Process) options(short, long string) *options {
	o := &options{long: strings.Fields(long), rest: p.Args[1:]}
	o.short, o.inOrder = strings.CutPrefix(short, "+")
	return o
}

// next reads the next option. At the end, or after an error, it returns false.
func (o *options) next() bool {
	for o.err == nil {
		o.arg, o.has = "", false
		if o.group != "" {
			return o.letter()
		}
		if len(o.rest) == 0 {
			return false
		}
		word := o.rest[0]
		o.rest = o.rest[1:]
		switch {
		case word == "--":
			o.args = append(o.args, o.rest...)
			o.rest = nil
			return false
		case strings.HasPrefix(word, "--"):
			return o.longName(word[2:])
		case o.numbers && len(word) > 1 && word[0] == '-' && word[1] >= '0' && word[1] <= '9':
			o.name, o.arg, o.has = "number", word[1:], true
			return true
		case len(word) > 1 && word[0] == '-':
			o.group = word[1:]
		case o.inOrder:
			o.args = append(append(o.args, word), o.rest...)
			o.rest = nil
			return false
		default:
			o.args = append(o.args, word)
		}
	}
	return false
}

// letter reads one letter of `-abc`.
func (o *options) letter() bool {
	o.name, o.group = o.group[:1], o.group[1:]
	i := strings.Index(o.short, o.name)
	if i < 0 || o.name == ":" {
		return o.fail("invalid option -- '%s'", o.name)
	}
	spec := o.short[i+1:]
	if !strings.HasPrefix(spec, ":") {
		return true
	}
	o.arg, o.has, o.group = o.group, o.group != "", ""
	if o.has || strings.HasPrefix(spec, "::") {
		return true
	}
	return o.nextWord("option requires an argument -- '%s'")
}

// longName reads `--name` or `--name=value`.
func (o *options) longName(word string) bool {
	given, value, has := strings.Cut(word, "=")
	spec, ok := o.lookup(given)
	if !ok {
		return false
	}
	o.arg, o.has = value, has
	name, letter, alias := strings.Cut(spec, "=")
	if alias {
		o.name = letter
		after := o.short[strings.Index(o.short, letter)+1:]
		spec = after[:len(after)-len(strings.TrimLeft(after, ":"))]
	} else {
		o.name = strings.TrimRight(name, ":")
		spec = name[len(o.name):]
	}
	switch {
	case spec == "" && has:
		return o.fail("option '--%s' doesn't allow an argument", given)
	case spec == ":" && !has:
		return o.nextWord("option '--%s' requires an argument")
	}
	return true
}

// lookup finds the one long option with this name or prefix.
func (o *options) lookup(given string) (spec string, ok bool) {
	var found []string
	for _, spec := range o.long {
		name := strings.TrimRight(strings.SplitN(spec, "=", 2)[0], ":")
		if name == given {
			return spec, true
		}
		if strings.HasPrefix(name, given) {
			found = append(found, spec)
		}
	}
	switch len(found) {
	case 0:
		return "", o.fail("unrecognized option '--%s'", given)
	case 1:
		return found[0], true
	}
	return "", o.fail("option '--%s' is ambiguous", given)
}

// nextWord takes the next word as the argument.
func (o *options) nextWord(message string) bool {
	if len(o.rest) == 0 {
		return o.fail(message, o.name)
	}
	o.arg, o.has, o.rest = o.rest[0], true, o.rest[1:]
	return true
}

func (o *options) fail(format string, args ...any) bool {
	o.err = fmt.Errorf(format, args...)
	return false
}
