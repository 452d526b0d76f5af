package shell

import "strings"

// maxDepth bounds how many strings of scripts are read inside each other.
const maxDepth = 4

// inner puts the commands of the strings that commands run behind those
// commands. A string that cannot be parsed adds none.
func inner(commands []Command, depth int) ([]Command, error) {
	if depth >= maxDepth {
		return commands, nil
	}
	var out []Command
	for i, c := range commands {
		sub, errexit := script(&c)
		if sub == nil {
			if out != nil {
				out = append(out, c)
			}
			continue
		}
		if out == nil {
			out = append(out, commands[:i]...)
		}
		out = append(out, c)
		more, err := read(sub, errexit, depth+1)
		if err != nil {
			continue
		}
		for _, m := range more {
			out = append(out, m.inside(&c))
		}
	}
	if out == nil {
		return commands, nil
	}
	return out, nil
}

// inside gives a command of a string what it has from the command that runs it.
func (c Command) inside(by *Command) Command {
	c.Nested = true
	c.Conditional = c.Conditional || by.Conditional
	c.Tolerated = c.Tolerated || by.Tolerated
	c.Piped = c.Piped || by.Piped
	if c.Dir == "" && !c.DirUnknown {
		c.Dir, c.DirUnknown = by.Dir, by.DirUnknown
	} else if !strings.HasPrefix(c.Dir, "/") && by.Dir+c.Dir != c.Dir {
		c.Dir, c.DirUnknown = by.Dir+"/"+c.Dir, c.DirUnknown || by.DirUnknown
	}
	c.Redirects = append(c.Redirects, by.Redirects...)
	return c
}

// script is the script that a command is handed as a string or a here-document,
// nil where there is none that can be read, and whether its shell has -e.
func script(c *Command) (*source, bool) {
	switch {
	case isShell(c.Name):
		return shellScript(c)
	case c.Name == "su":
		if w, ok := c.Value("-c", "--command"); ok {
			return literal(w), false
		}
	case c.Name == "eval" && len(c.Args) == 1:
		return literal(c.Args[0]), false
	}
	return nil, false
}

// shellScript reads sh -c, also as one of several letters (-lc, -exc), and
// sh <<EOF.
func shellScript(c *Command) (*source, bool) {
	var before []string
	for i, a := range c.Args {
		before = append(before, a.Text)
		cluster, ok := strings.CutPrefix(a.Text, "-")
		if ok && isLetters(cluster) && strings.HasSuffix(cluster, "c") && i+1 < len(c.Args) {
			return literal(c.Args[i+1]), exits(before)
		}
	}
	for _, r := range c.Redirects {
		if (r.Op == "<<" || r.Op == "<<-") && r.FD == "" {
			return &source{text: r.Body, whole: &[2]int{c.Start, c.End}}, exits(before)
		}
	}
	return nil, false
}

// literal is the script in a word. Escapes and continued lines are gone from the
// word's text, so that its commands have the place of the whole word.
func literal(w Word) *source {
	return &source{text: w.Text, whole: &[2]int{w.Start, w.End}}
}
