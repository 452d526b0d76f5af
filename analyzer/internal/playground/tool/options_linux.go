package tool

import (
	"fmt"
	"strings"
)

// options reads a command line as getopt_long does: `-ab`, `-n5`, `-n 5`, `--lines=5`, `--lines 5`,
// options after operands, and `--` to end them.
type options struct {
	short string
	long  []string
	rest  []string // not yet read
	group string   // letters of the current `-abc` that are not yet read

	inOrder bool // the first operand ends the options
	numbers bool // -5 is the option "number" with 5 as its argument

	name string   // of the current option: its letter, or its long name when no letter means the same
	arg  string   // its argument
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

// flags are the options of a call, for tools to which their order means nothing.
type flags struct {
	given map[string][]string // the arguments of each option, in their order; "" without one
	args  []string            // operands
}

// flags reads all of p's arguments. It reports a mistake in them, and then ok is false.
func (p *Process) flags(short, long string) (f flags, ok bool) {
	o := p.options(short, long)
	f.given = map[string][]string{}
	for o.next() {
		f.given[o.name] = append(f.given[o.name], o.arg)
	}
	if o.err != nil {
		p.errorf("%v", o.err)
	}
	f.args = o.args
	return f, o.err == nil
}

// on tells whether one of the options was given.
func (f flags) on(names ...string) bool {
	for _, name := range names {
		if len(f.given[name]) > 0 {
			return true
		}
	}
	return false
}

// value returns the argument that an option was given last, "" without any.
func (f flags) value(name string) string {
	if all := f.given[name]; len(all) > 0 {
		return all[len(all)-1]
	}
	return ""
}

// next reads the next option. At the end, or after an error, it returns false.
func (o *options) next() bool {
	for o.err == nil {
		o.arg = ""
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
			o.name, o.arg = "number", word[1:]
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
	o.arg, o.group = o.group, ""
	if o.arg != "" || strings.HasPrefix(spec, "::") {
		return true
	}
	return o.nextWord("option requires an argument -- '%s'")
}

// longName reads `--name` or `--name=value`.
func (o *options) longName(word string) bool {
	given, value, has := strings.Cut(word, "=")
	for _, entry := range o.long {
		name, letter, alias := strings.Cut(entry, "=")
		takes := name[len(strings.TrimRight(name, ":")):]
		if strings.TrimRight(name, ":") != given {
			continue
		}
		o.name, o.arg = given, value
		if alias {
			after := o.short[strings.Index(o.short, letter)+1:]
			o.name, takes = letter, after[:len(after)-len(strings.TrimLeft(after, ":"))]
		}
		switch {
		case takes == "" && has:
			return o.fail("option '--%s' doesn't allow an argument", given)
		case takes == ":" && !has:
			return o.nextWord("option '--%s' requires an argument")
		}
		return true
	}
	return o.fail("unrecognized option '--%s'", given)
}

// nextWord takes the next word as the argument.
func (o *options) nextWord(message string) bool {
	if len(o.rest) == 0 {
		return o.fail(message, o.name)
	}
	o.arg, o.rest = o.rest[0], o.rest[1:]
	return true
}

func (o *options) fail(format string, args ...any) bool {
	o.err = fmt.Errorf(format, args...)
	return false
}
