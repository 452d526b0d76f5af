package cli

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/hadolint"
	"github.com/layerwise/layerwise/analyzer/lint/rules"
)

// printRules lists all rules, or prints the pages of those that are named by their
// own ids or by hadolint's.
func (c *lintCommand) printRules(x *rules.Index, ids []string) error {
	if len(ids) == 0 {
		return printRuleList(c.streams.Out, x)
	}
	var text strings.Builder
	for i, id := range ids {
		if i > 0 {
			text.WriteString("\n")
		}
		switch own := x.Hadolint(id); {
		case x.Known(id):
			printRule(&text, x.Rule(id))
		case len(own) > 0:
			for n, o := range own {
				if n > 0 {
					text.WriteString("\n")
				}
				printRule(&text, x.Rule(o))
			}
		default:
			why, ok := hadolint.Why(id)
			if !ok {
				return unknownRule(id, x.Unknown(id))
			}
			fmt.Fprintf(&text, "hadolint's %s has no rule here: %s\n", id, why)
		}
	}
	_, err := io.WriteString(c.streams.Out, text.String())
	return err
}

func printRuleList(out io.Writer, x *rules.Index) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "RULE\tSEVERITY\tFIX\tFINDS")
	for _, rule := range x.All() {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", rule.ID, severityOf(rule), rule.Fix, rule.Title)
	}
	return w.Flush()
}

// severityOf is that of a rule, or that nobody looks for it unless told to.
func severityOf(rule *lint.Rule) string {
	if rule.Off {
		return "off"
	}
	return string(rule.Severity)
}

func printRule(w io.Writer, rule *lint.Rule) {
	fmt.Fprintf(w, "%s: %s\n\n", rule.ID, rule.Title)
	fmt.Fprintf(w, "severity: %s", rule.Severity)
	if rule.Off {
		fmt.Fprintf(w, ", off unless --enable %s", rule.ID)
	}
	fmt.Fprintf(w, "\nfix: %s\n", fixOf(rule))
	if len(rule.Hadolint) > 0 {
		fmt.Fprintf(w, "hadolint: %s\n", strings.Join(rule.Hadolint, ", "))
	}
	if rule.URL != "" {
		fmt.Fprintf(w, "url: %s\n", rule.URL)
	}
	fmt.Fprintln(w)
	for _, line := range fill(rule.Doc.Why, 78) {
		fmt.Fprintln(w, line)
	}
	printExample(w, "bad", rule.Doc.Bad)
	printExample(w, "good", rule.Doc.Good)
}

func fixOf(rule *lint.Rule) string {
	switch rule.Fix {
	case "":
		return "none"
	case "safe":
		return "safe (--fix)"
	}
	return "to be reviewed (--fix=review)"
}

func printExample(w io.Writer, what, text string) {
	if text == "" {
		return
	}
	fmt.Fprintf(w, "\n%s:\n", what)
	for line := range strings.Lines(strings.TrimRight(text, "\n") + "\n") {
		if line == "\n" {
			fmt.Fprintln(w)
			continue
		}
		fmt.Fprint(w, "    ", line)
	}
}

// fill breaks text into lines of at most so many bytes, where words let it.
func fill(text string, most int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > most {
			lines = append(lines, line)
			line = ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	return append(lines, line)
}
