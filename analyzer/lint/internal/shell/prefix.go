package shell

import (
	"path"
	"strings"
)

// prefix is a program that runs the command behind it.
type prefix struct {
	values   []string // its flags with a value in the next word
	operands int      // of its own, before the command
	assigns  bool     // takes NAME=value
}

var prefixes = map[string]prefix{
	"builtin":   {},
	"chrt":      {operands: 1},
	"command":   {},
	"eatmydata": {},
	"env":       {values: []string{"-u", "--unset", "-C", "--chdir"}, assigns: true},
	"exec":      {values: []string{"-a"}},
	"gosu":      {operands: 1},
	"ionice":    {values: []string{"-c", "-n", "--class", "--classdata"}},
	"nice":      {values: []string{"-n", "--adjustment"}},
	"nohup":     {},
	"setsid":    {},
	"stdbuf":    {values: []string{"-i", "-o", "-e"}},
	"su-exec":   {operands: 1},
	"sudo":      {values: []string{"-u", "--user", "-g", "--group", "-C", "-p", "-h", "-D"}, assigns: true},
	"time":      {values: []string{"-f", "-o"}},
	"timeout":   {values: []string{"-k", "--kill-after", "-s", "--signal"}, operands: 1},
	"tini":      {},
}

// setWords fills the program and its arguments from the words of a command,
// leaving out programs that only run another one.
func (c *Command) setWords(words []Word) {
	for len(words) > 1 {
		p, ok := prefixes[path.Base(words[0].Text)]
		if !ok || words[0].Dynamic {
			break
		}
		rest := c.skip(p, words[1:])
		if len(rest) == 0 {
			break
		}
		words = rest
	}
	c.Program, c.Args = words[0], words[1:]
	if !c.Program.Dynamic && c.Program.Text != "" {
		c.Name = path.Base(c.Program.Text)
	}
}

// skip returns the words behind a prefix's own ones.
func (c *Command) skip(p prefix, words []Word) []Word {
	operands := p.operands
	for i := 0; i < len(words); i++ {
		t := words[i].Text
		name, _, assign := strings.Cut(t, "=")
		switch {
		case t == "--":
			return words[min(len(words), i+1+operands):]
		case strings.HasPrefix(t, "-"):
			if contains(p.values, t) {
				i++
			}
		case p.assigns && assign && isName(name):
			value := words[i]
			value.Text = t[len(name)+1:]
			c.Assigns = append(c.Assigns, Assign{Name: name, Value: value})
		case operands > 0:
			operands--
		default:
			return words[i:]
		}
	}
	return nil
}

func isName(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c != '_' && (c|0x20 < 'a' || c|0x20 > 'z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}
