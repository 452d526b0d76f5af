package rules

import (
	"fmt"
	"strings"
)

// someOf lists a few names.
func someOf(names []string) string {
	const most = 4
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", cut(strings.Join(names[:most-1], ", "), 80), len(names)-most+1)
	}
	return cut(list(names), 120)
}

// list is "a", "a and b", "a, b and c".
func list(names []string) string {
	last := len(names) - 1
	if last < 1 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// lineList is "line 3", "lines 3 and 4", "lines 3, 4 and 5".
func lineList(lines []string) string {
	return plural(len(lines), "line ", "lines ") + list(lines)
}
