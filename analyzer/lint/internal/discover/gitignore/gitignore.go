// Package gitignore matches paths against patterns as git writes them, in
// .gitignore files and elsewhere.
//
// # Design
//
// The rules are those of gitignore(5), and where it leaves a question open those
// of git's dir.c and wildmatch.c; a test holds the answers against git itself.
// The Go packages that do this turn patterns into file globs or regular
// expressions and differ from git in escapes, classes and trailing spaces. Here a
// pattern becomes a list of tokens that is followed in all its readings at once,
// so that the time for a match is bounded by the length of the pattern times that
// of the path, whatever a hostile file holds.
package gitignore

import (
	"bytes"
	"strings"
)

// Verdict is what a list of patterns says of a path.
type Verdict int

// The verdicts.
const (
	Silent   Verdict = iota // no pattern matches
	Ignored                 // the last one that matches ignores the path
	Included                // the last one that matches begins with an exclamation mark
)

// Patterns are the patterns of one file, or of a setting with the same syntax.
// They are relative to a folder that the caller knows.
type Patterns struct {
	list []pattern
}

type pattern struct {
	include  bool   // written with a leading !
	folder   bool   // matches folders alone
	basename bool   // compared with the last element of a path
	literal  string // the whole pattern, where tokens is nil
	suffix   bool   // "*" and a literal
	tokens   []token
}

// special are the characters that make more than a literal of a pattern.
const special = `*?[\`

// Parse reads patterns, one a line. Every text is one: what git cannot read
// matches nothing.
func Parse(src []byte) *Patterns {
	p := &Patterns{}
	src = bytes.TrimPrefix(src, []byte("\ufeff"))
	for line := range strings.Lines(string(src)) {
		line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		if line == "" || line[0] == '#' {
			continue
		}
		p.Add(trimSpaces(line))
	}
	return p
}

// Add appends one pattern. It is taken as it is: no comment, no trailing spaces.
func (p *Patterns) Add(text string) {
	var one pattern
	text, one.include = strings.CutPrefix(text, "!")
	text, one.folder = strings.CutSuffix(text, "/")
	one.basename = !strings.Contains(text, "/")
	text = strings.TrimPrefix(text, "/")
	switch {
	case text == "":
		return
	case !strings.ContainsAny(text, special):
		one.literal = text
	case one.basename && text[0] == '*' && !strings.ContainsAny(text[1:], special):
		one.literal, one.suffix = text[1:], true
	default:
		tokens, ok := compile(text)
		if !ok {
			return
		}
		one.tokens = tokens
	}
	p.list = append(p.list, one)
}

// trimSpaces cuts spaces at the end, unless a backslash stands before them.
func trimSpaces(line string) string {
	end := len(line)
	for end > 0 && line[end-1] == ' ' {
		end--
	}
	if end == len(line) {
		return line
	}
	slashes := 0
	for slashes < end && line[end-1-slashes] == '\\' {
		slashes++
	}
	return line[:end+slashes%2]
}

// Match says what becomes of a path that is relative to the patterns' folder, with
// slashes. It looks at the path alone: what is in an ignored folder is ignored
// too, which is for the caller to know.
func (p *Patterns) Match(path string, folder bool) Verdict {
	name := path[strings.LastIndexByte(path, '/')+1:]
	for i := len(p.list) - 1; i >= 0; i-- {
		one := &p.list[i]
		text := path
		if one.basename {
			text = name
		}
		if one.folder && !folder || !one.matches(text) {
			continue
		}
		if one.include {
			return Included
		}
		return Ignored
	}
	return Silent
}

// Covers says that the patterns ignore a path or a folder that it is in, as a list
// of globs in a setting is meant: without files of other folders to outdo them.
func (p *Patterns) Covers(path string) bool {
	for at := 0; ; {
		i := strings.IndexByte(path[at:], '/')
		if i < 0 {
			return p.Match(path, false) == Ignored
		}
		at += i
		if p.Match(path[:at], true) == Ignored {
			return true
		}
		at++
	}
}

func (p *pattern) matches(text string) bool {
	switch {
	case p.tokens != nil:
		return follow(p.tokens, text)
	case p.suffix:
		return strings.HasSuffix(text, p.literal)
	}
	return text == p.literal
}
