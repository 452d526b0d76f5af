package text

import (
	"strings"

	"github.com/mattn/go-runewidth"
)

// columns measures text without looking at the environment, so that the same
// report and options give the same bytes everywhere.
var columns = runewidth.Condition{StrictEmojiNeutral: true}

func width(s string) int { return columns.StringWidth(s) }

func spaces(n int) string { return strings.Repeat(" ", max(n, 0)) }

// cut shortens s to w columns, the mark of what is left out included.
func cut(s string, w int, mark string) string {
	if width(s) <= w {
		return s
	}
	return strings.TrimRight(columns.Truncate(s, max(w-width(mark), 0), ""), " ") + mark
}

// hang is how far lines stand in that continue another.
const hang = 2

// wrap breaks s into lines at spaces where it can, so that the first one has at
// most w columns and the others leave room for hanging. A w of 0 or less does
// not break. There is always one line.
func wrap(s string, w int) []string {
	if w <= 0 || width(s) <= w {
		return []string{s}
	}
	var lines []string
	line, rest := "", max(w-hang, 1)
	for _, word := range strings.Fields(s) {
		if line != "" && width(line)+1+width(word) > w {
			lines = append(lines, line)
			line, w = "", rest
		}
		if line != "" {
			line += " "
		}
		line += word
		for width(line) > w {
			head := columns.Truncate(line, w, "")
			if head == "" { // one character is wider than the line
				break
			}
			lines = append(lines, head)
			line, w = line[len(head):], rest
		}
	}
	if line != "" || len(lines) == 0 {
		lines = append(lines, line)
	}
	return lines
}
