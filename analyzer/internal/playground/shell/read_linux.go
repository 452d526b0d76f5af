package shell

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/interp"
	"mvdan.cc/sh/v3/syntax"
)

func rewriteRead(_ *session, hc interp.HandlerContext, args []string) []string {
	r := readOptions{delim: '\n', count: -1}
	rest, err := r.parse(args[1:])
	if err != nil {
		return failed(hc, "read", 2, "%v", err)
	}
	if r.delim == '\n' && r.count < 0 {
		return append([]string{"read"}, r.keep(rest)...)
	}
	if len(rest) == 0 {
		rest = []string{"REPLY"}
	}
	if len(rest) > 1 || !syntax.ValidName(rest[0]) {
		return failed(hc, "read", 2, "-d and -n work with one variable here")
	}
	value, found := r.from(hc.Stdin)
	if hc.Env.Get("IFS").String() != "" && rest[0] != "REPLY" {
		value = strings.Trim(value, " \t\n")
	}
	status := 0
	if !found {
		status = 1
	}
	call, err := assign(rest[0], value, status)
	if err != nil {
		return failed(hc, "read", 2, "%v", err)
	}
	return call
}

type readOptions struct {
	delim  byte
	count  int // number of bytes at most, -1 for any
	others []string
}

func (r *readOptions) parse(args []string) (rest []string, err error) {
	for len(args) > 0 && strings.HasPrefix(args[0], "-") && args[0] != "--" {
		word := args[0][1:]
		args = args[1:]
		for word != "" {
			letter := word[0]
			word = word[1:]
			if !strings.ContainsRune("dnNtup", rune(letter)) {
				r.others = append(r.others, "-"+string(letter))
				continue
			}
			value := word
			if word = ""; value == "" {
				if len(args) == 0 {
					return nil, fmt.Errorf("-%c: option requires an argument", letter)
				}
				value, args = args[0], args[1:]
			}
			switch letter {
			case 'd':
				r.delim = (value + "\x00")[0]
			case 'n', 'N':
				if r.count, err = strconv.Atoi(value); err != nil {
					return nil, fmt.Errorf("%s: invalid number", value)
				}
			}
		}
	}
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	return args, nil
}

func (r *readOptions) keep(rest []string) []string {
	return slices.Concat(r.others, []string{"--"}, rest)
}

func (r *readOptions) from(in io.Reader) (value string, found bool) {
	raw := slices.Contains(r.others, "-r")
	var text []byte
	escaped := false
	for b := make([]byte, 1); r.count < 0 || len(text) < r.count; {
		if n, err := in.Read(b); n == 0 {
			if err != nil {
				return string(text), false
			}
			continue
		}
		switch {
		case escaped:
			escaped = false
			text = append(text, b[0])
		case b[0] == r.delim:
			return string(text), true
		case b[0] == '\\' && !raw:
			escaped = true
		case b[0] != 0:
			text = append(text, b[0])
		}
	}
	return string(text), true
}
