// Package pragma reads the comments of a Dockerfile that ask lint to look away:
//
//	# layerwise ignore=unpinned-base,copy-link the next instruction, and why
//	# layerwise ignore-file=unpinned-base the whole file, and why
//	# hadolint ignore=DL3006
//	# hadolint global ignore=DL3006,DL3008
//
// A comment between the lines of an instruction belongs to that instruction. Those
// of hadolint count for the rules that take the place of its rules; what they say
// beside that is hadolint's own business, and never a finding here.
//
// BuildKit reads its parser directives at the very top of a file only, so that a
// comment of this kind has to stand below them.
package pragma

import (
	"fmt"
	"slices"
	"strings"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
)

// The rules whose findings are made here.
const (
	Unused  = "unused-ignore"  // a comment that nothing was found for
	Invalid = "invalid-ignore" // a comment that says nothing that can be followed
)

// Names says which rules there are.
type Names struct {
	Known    func(rule string) bool
	Hadolint func(id string) []string // the rules that take the place of one of hadolint's
}

// Set is what the comments of one file say.
type Set struct {
	file    *dockerfile.File
	names   Names
	ignores []*ignore
	invalid []finding.Finding
}

// ignore is one comment.
type ignore struct {
	line        int
	from, to    int // the list of rules, as bytes of its line
	foreign     bool
	whole       bool // is for the file
	first, last int  // lines of the instruction that it is for; 0 without one
	rules       []string
	used        map[string]bool
}

// Parse reads the comments of a file.
func Parse(f *dockerfile.File, names Names) *Set {
	s := &Set{file: f, names: names}
	for _, c := range f.Comments {
		if strings.HasPrefix(c.Text, "layerwise") || strings.HasPrefix(c.Text, "hadolint") {
			s.comment(c)
		}
	}
	return s
}

// Ignores says that a comment asks to look away from a finding.
func (s *Set) Ignores(f finding.Finding) bool {
	ignored := false
	for _, i := range s.ignores {
		if (i.whole || i.last > 0 && f.Line >= i.first && f.Line <= i.last) && slices.Contains(i.rules, f.Rule) {
			i.used[f.Rule] = true
			ignored = true
		}
	}
	return ignored
}

// Findings are what is wrong with the comments, when Ignores was asked for every
// other finding. A comment is unused only where it names a rule that was looked
// for. Ignored findings are left out.
func (s *Set) Findings(ran func(rule string) bool) []finding.Finding {
	all := slices.Clone(s.invalid)
	for _, i := range s.ignores {
		if f, ok := s.unused(i, ran); ok {
			all = append(all, f)
		}
	}
	all = slices.DeleteFunc(all, func(f finding.Finding) bool { return !ran(f.Rule) || s.Ignores(f) })
	slices.SortStableFunc(all, func(a, b finding.Finding) int { return a.Line - b.Line })
	return all
}

// unused says which rules of a comment are not found, and takes them out of it.
func (s *Set) unused(i *ignore, ran func(string) bool) (finding.Finding, bool) {
	if i.foreign {
		return finding.Finding{}, false
	}
	var needed, idle []string
	for _, rule := range i.rules {
		if i.used[rule] || !ran(rule) || rule == Unused || rule == Invalid {
			needed = append(needed, rule)
		} else {
			idle = append(idle, rule)
		}
	}
	if len(idle) == 0 {
		return finding.Finding{}, false
	}
	where := "in the instruction that follows"
	switch {
	case i.whole:
		where = "in this file"
	case i.last == 0:
		where = "as no instruction follows"
	case i.first <= i.line:
		where = "in this instruction"
	}
	f := s.finding(Unused, i.line, fmt.Sprintf("%s is ignored here and not found %s", strings.Join(idle, ", "), where))
	f.Fix = &finding.Fix{Message: "remove the comment", Safety: finding.Safe}
	edit := finding.Edit{File: s.file.Name, Span: finding.Span{Line: i.line, Column: 1, EndLine: i.line + 1, EndColumn: 1}}
	if len(needed) > 0 {
		f.Fix.Message = "remove what is not found from the comment"
		edit.Span = finding.Span{Line: i.line, Column: i.from + 1, EndLine: i.line, EndColumn: i.to + 1}
		edit.Text = strings.Join(needed, ",")
	}
	f.Fix.Edits = []finding.Edit{edit}
	return f, true
}

// finding is about a comment. The severity and the URL are those of the rule, which
// is not known here.
func (s *Set) finding(rule string, line int, message string) finding.Finding {
	text := s.file.Text(line, line)
	span := finding.Span{Line: line, EndLine: line,
		Column: strings.IndexByte(text, '#') + 1, EndColumn: len(strings.TrimRight(text, " \t\r")) + 1}
	return finding.Finding{Rule: rule, File: s.file.Name, Span: span, Message: message, Basis: finding.Static}
}
