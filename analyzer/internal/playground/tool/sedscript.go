//go:build linux

package tool

import (
	"regexp"
)

// sedCommand is one command of a sed script. The script is a flat list: { and } carry where to jump.
type sedCommand struct {
	addr1, addr2 *sedAddress
	negate       bool
	name         byte
	text         string // of a, i and c; a file's name; a label; the characters of y in pairs
	jump         int    // where b, t, T and a { that does not apply go on; the script's length is its end
	number       int    // of q, Q and l; -1 when not given
	subst        *substitution
	pairs        map[rune]rune

	active bool // inside the range of addr1 and addr2
	last   int  // the range's last line, when it is known
}

// sedAddress selects lines. Exactly one kind is set.
type sedAddress struct {
	line  int // number; 0 only in 0,/re/
	step  int // first~step, with first in line
	final bool
	re    *regexp.Regexp
	reuse bool // an empty //: the last one that was used
	plus  int  // as second address: so many lines more; -1 if not set
	until int  // as second address: up to a multiple; 0 if not set
}

// substitution is what follows an s.
type substitution struct {
	re          *regexp.Regexp // nil for an empty one: the last that was used
	replacement []replacementPart
	global      bool
	print       bool
	nth         int
	file        string
}

// replacementPart is a text or a group of the match, or a change of case for what follows.
type replacementPart struct {
	text  string
	group int  // -1 for text
	fold  byte // one of L U l u E, 0 for none
}

// sedParser reads a script. parseSed reads a whole script. link finds the labels that are jumped
// to. command reads addresses, a name and what belongs to it. body reads what follows a command's
// name, and adds the command. end checks that nothing else follows a command. line reads the rest
// of a line. word reads a label: up to a blank or a semicolon. textArgument reads the text of a, i
// and c: after a backslash and a newline, or, as GNU has it, on the same line. address reads one
// address, nil when there is none.
