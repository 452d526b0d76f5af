// Package shell reads the shell text of RUN instructions into simple commands
// with their exact places, for checks that ask what a step runs.
//
// # Design
//
// mvdan.cc/sh parses bash, of which the dialects that images bring (dash, busybox
// ash) use a part. Nothing is evaluated: a word with an expansion keeps it as
// written and says so, and a command behind a condition is marked as such, so that
// a rule can keep silent about what it cannot know. What cannot be parsed, and
// what another shell reads, has no commands.
package shell

import "strings"

// Command is one simple command.
type Command struct {
	// Name is the base name of the program, behind sudo, env, exec and their like.
	// It is "" where an expansion makes it.
	Name    string
	Program Word     // the word that names it
	Args    []Word   // what follows the program, flags too
	Assigns []Assign // variables that are set for it alone, in order
	// Redirects are its own and those of the compound commands around it.
	Redirects []Redirect

	// Start and End are byte offsets in the instruction's Text, around its
	// assignments, prefixes, arguments and own redirects.
	Start, End int
	// Exact says that the places of the command and its words are its own. It is
	// false for a command inside a string with escapes, or an element of the JSON
	// form: its places are those of the whole string or instruction.
	Exact bool

	// Op is what stands between it and the command before it: "" for the first one
	// of a script, a group or a substitution, else "&&", "||", "|", ";" or "&".
	Op string
	// Piped says that another command reads its output.
	Piped bool
	// Conditional says that it does not run in every run of the step that
	// succeeds: it is part of a condition, a loop, a function, a case, or follows ||.
	Conditional bool
	// Tolerated says that the step goes on when it fails: "cmd || true", "cmd; next"
	// without set -e, the condition of an if.
	Tolerated bool
	// Handled says that its failure is not overlooked, though the step goes on: it is a
	// condition, || follows, it is negated or runs in the background.
	Handled bool
	// Nested says that it stands in a string that another command runs: sh -c "…".
	Nested bool
	// Substituted says that its output becomes a word of another command.
	Substituted bool
	// Dir is the folder that cd has led to, "" where there was none: absolute, or
	// relative to the WORKDIR. DirUnknown says that it cannot be told.
	Dir        string
	DirUnknown bool
}

// Word is one word of a command.
type Word struct {
	// Text is the word without its quotes. Expansions stay as written.
	Text string
	// Dynamic says that there are expansions in it. A pattern of file names is none.
	Dynamic    bool
	Start, End int // byte offsets in the instruction's Text, quotes included
}

// Assign is NAME=value before a command.
type Assign struct {
	Name  string
	Value Word
}

// Redirect is one redirection.
type Redirect struct {
	Op     string // ">", ">>", "<", "<<", "<<<", "&>", ">&", …
	FD     string // the descriptor as written, "" for the default
	Target Word   // the file; for a here-document the word that ends it
	Body   string // of a here-document
}

// Is reports whether the command runs one of the programs.
func (c *Command) Is(names ...string) bool {
	for _, n := range names {
		if c.Name == n {
			return true
		}
	}
	return false
}

// Has reports whether one of the flags is there as written, alone or with
// "=value" behind it.
func (c *Command) Has(flags ...string) bool {
	return c.find(flags) != nil
}

// HasLetter reports whether a cluster of one-letter flags has one of the letters:
// "y" is in -y and in -qqy.
func (c *Command) HasLetter(letters string) bool {
	for _, a := range c.Args {
		if a.Text == "--" {
			return false
		}
		if cluster, ok := strings.CutPrefix(a.Text, "-"); ok && isLetters(cluster) && strings.ContainsAny(cluster, letters) {
			return true
		}
	}
	return false
}

// Value returns what the first of the flags is given: "--flag=value" or
// "--flag value".
func (c *Command) Value(flags ...string) (Word, bool) {
	w := c.find(flags)
	if w == nil {
		return Word{}, false
	}
	if _, value, ok := strings.Cut(w.Text, "="); ok {
		v := *w
		v.Text = value
		return v, true
	}
	for i := range c.Args {
		if &c.Args[i] == w && i+1 < len(c.Args) {
			return c.Args[i+1], true
		}
	}
	return Word{}, false
}

// Operands returns the words that are neither flags nor the values of the flags
// named in withValue. Everything behind "--" is an operand.
func (c *Command) Operands(withValue ...string) []Word {
	var out []Word
	for i := 0; i < len(c.Args); i++ {
		a := c.Args[i]
		switch {
		case a.Text == "--":
			return append(out, c.Args[i+1:]...)
		case len(a.Text) < 2 || a.Text[0] != '-':
			out = append(out, a)
		case contains(withValue, a.Text):
			i++
		}
	}
	return out
}

func (c *Command) find(flags []string) *Word {
	for i := range c.Args {
		a := c.Args[i].Text
		if a == "--" {
			return nil
		}
		for _, f := range flags {
			if strings.HasPrefix(a, f) && (len(a) == len(f) || a[len(f)] == '=') {
				return &c.Args[i]
			}
		}
	}
	return nil
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

func isLetters(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i] | 0x20; c < 'a' || c > 'z' {
			return false
		}
	}
	return s != ""
}
