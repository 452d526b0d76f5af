package pragma

import (
	"fmt"
	"strings"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
)

// comment reads a comment that begins with the name of a linter.
func (s *Set) comment(c dockerfile.Comment) {
	tool, rest := word(c.Text)
	verb, args, assigned := strings.Cut(rest, "=")
	verb = strings.Join(strings.Fields(verb), " ")
	i := &ignore{line: c.Line, used: map[string]bool{}}
	switch tool {
	case "layerwise":
		switch {
		case assigned && verb == "ignore":
		case assigned && verb == "ignore-file":
			i.whole = true
		default:
			if first, _ := word(verb); strings.HasPrefix(first, "ignore") || assigned && first == verb {
				s.reject(c.Line, fmt.Sprintf("%q says nothing to layerwise: use ignore=RULE or ignore-file=RULE", tool+" "+verb))
			}
			return // else prose that begins with the name
		}
	case "hadolint":
		switch {
		case assigned && verb == "ignore":
		case assigned && verb == "global ignore":
			i.whole = true
		default:
			return
		}
		i.foreign = true
	default:
		return
	}
	ids, length := list(args)
	text := s.file.Text(c.Line, c.Line)
	i.from = len(text) - len(strings.TrimLeft(text[strings.IndexByte(text, '=')+1:], " \t"))
	i.to = i.from + length
	if !i.whole {
		i.first, i.last = s.instruction(c.Line)
	}
	s.resolve(i, ids)
	if len(i.rules) > 0 {
		s.ignores = append(s.ignores, i)
	}
}

// resolve turns the names of a list into rules.
func (s *Set) resolve(i *ignore, ids []string) {
	if i.foreign {
		for _, id := range ids {
			i.rules = append(i.rules, s.names.Hadolint(id)...)
		}
		return
	}
	if len(ids) == 0 {
		s.reject(i.line, "the comment names no rule to ignore")
	}
	for _, id := range ids {
		switch places := s.names.Hadolint(id); {
		case s.names.Known(id):
			i.rules = append(i.rules, id)
		case len(places) > 0:
			s.reject(i.line, fmt.Sprintf("there is no rule %q to ignore; here hadolint's %s is %s", id, id, strings.Join(places, ", ")))
		default:
			s.reject(i.line, fmt.Sprintf("there is no rule %q to ignore", id))
		}
	}
}

func (s *Set) reject(line int, message string) {
	s.invalid = append(s.invalid, s.finding(Invalid, line, message))
}

// instruction returns the lines of the instruction that a comment on a line is in,
// else of the next one, 0 where none follows.
func (s *Set) instruction(line int) (first, last int) {
	for _, in := range s.file.All() {
		if in.EndLine >= line {
			return in.Line, in.EndLine
		}
	}
	return 0, 0
}

// list reads names with commas between them, and returns how many bytes they take
// after white space. What follows them is a reason.
func list(text string) (names []string, length int) {
	text = strings.TrimLeft(text, " \t")
	at := 0
	for {
		end := strings.IndexAny(text[at:], ", \t")
		if end < 0 {
			end = len(text) - at
		}
		if end > 0 {
			names = append(names, text[at:at+end])
			length = at + end
		}
		at += end
		rest := strings.TrimLeft(text[at:], " \t")
		after, more := strings.CutPrefix(rest, ",")
		if !more {
			return names, length
		}
		at = len(text) - len(strings.TrimLeft(after, " \t"))
	}
}

// word splits off the first word.
func word(text string) (first, rest string) {
	i := strings.IndexAny(text, " \t")
	if i < 0 {
		return text, ""
	}
	return text[:i], strings.TrimLeft(text[i:], " \t")
}
