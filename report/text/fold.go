package text

import "strings"

// fold puts an instruction as it is written on one line: continuations are
// joined, comments and blank lines between them are dropped, white space is
// one space. The bodies of heredocs are left out; what opens them ("<<EOF")
// stays.
func fold(text string) string {
	if !strings.ContainsAny(text, "\n\r") {
		return squeeze(text)
	}
	lines := strings.Split(text, "\n")
	escape := continuation(lines[0])
	var joined strings.Builder
	for i, line := range lines {
		trimmed := strings.TrimSpace(line)
		if i > 0 && (trimmed == "" || trimmed[0] == '#') {
			continue
		}
		rest, more := strings.CutSuffix(strings.TrimRight(line, " \t\r"), escape)
		joined.WriteString(rest)
		if !more || escape == "" {
			break // what follows are heredocs
		}
	}
	return squeeze(joined.String())
}

// squeeze makes one space of white space as BuildKit's parser knows it. Spaces
// beyond ASCII are none to it, and stay to be seen.
func squeeze(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" \t\r\n\v\f", r) }), " ")
}

// continuation returns the escape character that ends the first of several
// lines, "" where none does. A Dockerfile may choose the backtick instead of
// the backslash, and one instruction does not say which.
func continuation(first string) string {
	first = strings.TrimRight(first, " \t\r")
	for _, escape := range []string{`\`, "`"} {
		if strings.HasSuffix(first, escape) && (escape == `\` || !strings.Contains(first, "<<")) {
			return escape
		}
	}
	return ""
}
