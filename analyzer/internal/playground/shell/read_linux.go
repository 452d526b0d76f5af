package shell

import (
	"errors"
	"io"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/interp"
	"mvdan.cc/sh/v3/syntax"
)

// rewriteRead does `read` with -d, -n or -N, for one variable, and drops -t, -u and -p; the
// interpreter does the rest.
func rewriteRead(_ *session, hc interp.HandlerContext, args []string) []string {
	r := reading{delim: '\n', count: -1, call: []string{"read"}}
	names, err := r.options(args[1:])
	if err == nil && r.delim == '\n' && r.count < 0 {
		return append(append(r.call, "--"), names...)
	}
	if len(names) == 0 {
		names = []string{"REPLY"}
	}
	if err == nil && (len(names) > 1 || !syntax.ValidName(names[0])) {
		err = errors.New("-d and -n work with one variable here")
	}
	if err != nil {
		return failed(hc, "read", 2, "%v", err)
	}
	value, found := r.from(hc.Stdin)
	if hc.Env.Get("IFS").String() != "" && names[0] != "REPLY" {
		value = strings.Trim(value, " \t\n")
	}
	status := 0
	if !found {
		status = 1
	}
	call, err := assign(names[0], value, status)
	if err != nil {
		return failed(hc, "read", 2, "%v", err)
	}
	return call
}

// reading is one call of read.
type reading struct {
	delim byte
	count int // number of bytes at most, -1 for any
	raw   bool
	call  []string // with the options for the interpreter
}

// options reads the options and returns the names of variables.
func (r *reading) options(args []string) (names []string, err error) {
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' {
		letter, value := args[0][1], args[0][2:]
		args = args[1:]
		switch {
		case letter == '-':
			return args, nil
		case strings.IndexByte("dnNtup", letter) < 0:
			r.raw = r.raw || letter == 'r'
			r.call = append(r.call, "-"+string(rune(letter)))
			if value != "" {
				args = append([]string{"-" + value}, args...)
			}
			continue
		case value == "" && len(args) == 0:
			return nil, errors.New("option requires an argument")
		case value == "":
			value, args = args[0], args[1:]
		}
		switch letter {
		case 'd':
			r.delim = (value + "\x00")[0]
		case 'n', 'N':
			if r.count, err = strconv.Atoi(value); err != nil {
				return nil, err
			}
		}
	}
	return args, nil
}

// from reads a value, byte by byte since the rest is for the next command, and tells whether its end
// was found.
func (r *reading) from(in io.Reader) (value string, found bool) {
	var text []byte
	for b, escaped := make([]byte, 1), false; r.count < 0 || len(text) < r.count; {
		if _, err := io.ReadFull(in, b); err != nil {
			return string(text), false
		}
		switch {
		case !escaped && b[0] == r.delim:
			return string(text), true
		case !escaped && b[0] == '\\' && !r.raw:
			escaped = true
			continue
		case b[0] != 0:
			text = append(text, b[0])
		}
		escaped = false
	}
	return string(text), true
}
