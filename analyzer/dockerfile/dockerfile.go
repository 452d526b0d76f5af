// Package dockerfile turns the bytes of a Dockerfile into stages and
// instructions, each with its exact lines, its text as written and its effect.
//
// # Design
//
// BuildKit's own parser (frontend/dockerfile/parser) and instruction parser
// (frontend/dockerfile/instructions) read the file, so that what BuildKit
// accepts is accepted here and what it refuses is refused with its message. A
// grammar of our own would be nicer to work with and would drift from what the
// engine does.
//
// What BuildKit's syntax tree leaves out is read from the source again: comment
// lines with their numbers, the lines that a heredoc's body stands on, and the
// text of an instruction over all its physical lines. Where BuildKit reports an
// error on the wrong line, or in words that hide the reason (a line over its
// limit, a file in UTF-16), the SyntaxError is put right.
//
// Lines are counted from 1 and end in LF; a CR before it belongs to the ending.
package dockerfile

import (
	"bytes"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// File is a Dockerfile that BuildKit accepts. It has at least one stage.
type File struct {
	Name   string // as given to Parse
	Source []byte // as given to Parse, shared with it: do not change it
	Escape rune   // '\\', or '`' where the escape directive says so

	Global []*Instruction // ARG above the first FROM
	Stages []*Stage       // in the order of the file

	Directives []Directive // the ones that BuildKit obeys, in the order of the file
	// Comments has every comment line, also those between the lines of a
	// continued instruction, in the order of the file. Directives and the bodies
	// of heredocs are not comments.
	Comments []Comment
	Warnings []Warning // BuildKit's, in its order

	text text
}

// Stage is one FROM and what follows it.
type Stage struct {
	Index int    // in the file, from 0
	Name  string // as given by AS, "" without one
	// Label is what BuildKit prints for the stage: its name in lower case, else
	// "stage-N" with N its Index. Two stages may have the same one. As the target of
	// a build BuildKit takes a name alone, neither "stage-N" nor N.
	Label        string
	Base         string         // as written: an image, another stage, or an expression with variables
	Platform     string         // the value of --platform as written, "" without it
	Instructions []*Instruction // in the order of the file, FROM first
	Line         int            // of FROM
	EndLine      int            // of the last instruction
}

// Comment is one comment line.
type Comment struct {
	Text string // what follows the #, without surrounding white space
	Line int
}

// Warning is something that BuildKit accepts and will refuse one day.
type Warning struct {
	Message string // BuildKit's words
	URL     string // of its documentation
	Line    int    // the last line of the instruction that it is about
}

// Parse reads a Dockerfile. The name stands in messages alone; nothing is read
// from a disk. The source may be anything: what BuildKit would refuse ends in a
// *SyntaxError, which is the only kind of error returned.
func Parse(name string, src []byte) (*File, error) {
	t := newText(src)
	if err := checkLimits(name, t); err != nil {
		return nil, err
	}
	tree, err := parser.Parse(bytes.NewReader(src))
	if err != nil {
		return nil, syntaxError(name, t, t.relocate(err))
	}
	f := &File{
		Name:       name,
		Source:     src,
		Escape:     tree.EscapeToken,
		Directives: t.directives(),
		text:       t,
	}
	for _, w := range tree.Warnings {
		f.Warnings = append(f.Warnings, Warning{Message: w.Short, URL: w.URL, Line: w.Location.Start.Line})
	}
	if err := f.addAll(tree.AST.Children); err != nil {
		return nil, syntaxError(name, t, err)
	}
	return f, nil
}

// Lines returns the physical lines without their endings.
func (f *File) Lines() []string {
	lines := make([]string, f.text.count())
	for i := range lines {
		lines[i] = f.text.line(i + 1)
	}
	return lines
}

// Text returns the lines from first to last as written, without the ending of
// the last. Lines that do not exist are left out.
func (f *File) Text(first, last int) string {
	return f.text.span(first, last)
}

// All returns every instruction in the order of the file, global ones first.
func (f *File) All() []*Instruction {
	all := append([]*Instruction(nil), f.Global...)
	for _, s := range f.Stages {
		all = append(all, s.Instructions...)
	}
	return all
}
