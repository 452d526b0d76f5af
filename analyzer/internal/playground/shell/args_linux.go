package shell

import (
	"fmt"
	"strings"
)

// commandLine is what the shell's arguments ask for.
type commandLine struct {
	name    string   // $0
	options []string // for the interpreter, one each: "-e", "-o", "pipefail"
	params  []string // $1 and on
	command bool     // -c: run text
	text    string
	script  string // run this file; standard input if there is neither text nor script
	login   bool
}

// parseArgs reads the arguments of a shell: options in one or several words, then with -c the
// script's text and the name for $0, else a script file, then parameters.
func parseArgs(args []string) (commandLine, error) {
	cl := commandLine{name: args[0], login: strings.HasPrefix(args[0], "-")}
	flags, rest, err := splitOptions(args[1:])
	if err != nil {
		return cl, err
	}
	fromStdin := false
	for i := 0; i < len(flags); i++ {
		switch f := flags[i]; f {
		case "-c":
			cl.command = true
		case "-s":
			fromStdin = true
		case "-l", "--login":
			cl.login = true
		case "-o", "+o":
			if i++; supportedName(flags[i]) {
				cl.options = append(cl.options, f, flags[i])
			}
		default:
			if supportedLetter(f) {
				cl.options = append(cl.options, f)
			}
		}
	}
	switch {
	case cl.command:
		if len(rest) == 0 {
			return cl, fmt.Errorf("-c: option requires an argument")
		}
		cl.text, rest = rest[0], rest[1:]
		if len(rest) > 0 {
			cl.name, rest = rest[0], rest[1:]
		}
	case len(rest) > 0 && !fromStdin:
		cl.script, rest = rest[0], rest[1:]
		cl.name = cl.script
	}
	cl.params = rest
	return cl, nil
}

// splitOptions separates options into words of one letter; -o and +o are followed by a word of
// their own. What follows the options is rest. Long options are kept as they are.
func splitOptions(args []string) (options, rest []string, err error) {
	for len(args) > 0 {
		word := args[0]
		if word == "--" || word == "-" {
			return options, args[1:], nil
		}
		if len(word) < 2 || word[0] != '-' && word[0] != '+' {
			break
		}
		args = args[1:]
		if strings.HasPrefix(word, "--") {
			options = append(options, word)
			continue
		}
		for _, letter := range word[1:] {
			options = append(options, word[:1]+string(letter))
			if letter != 'o' && letter != 'O' {
				continue
			}
			if len(args) == 0 {
				return nil, nil, fmt.Errorf("%co: option requires an argument", word[0])
			}
			if letter == 'O' { // shopt names have no meaning here before the script starts
				options = options[:len(options)-1]
			} else {
				options = append(options, args[0])
			}
			args = args[1:]
		}
	}
	return options, args, nil
}

// The interpreter's options. Others (-b, -h, -m, -v, -C and so on) change nothing that a build
// step's result depends on, and are accepted without effect.
const (
	letters = "aefnux"
	names   = " allexport errexit noexec noglob nounset xtrace pipefail "
)

func supportedLetter(option string) bool {
	return len(option) == 2 && strings.Contains(letters, option[1:])
}

func supportedName(name string) bool { return strings.Contains(names, " "+name+" ") }
