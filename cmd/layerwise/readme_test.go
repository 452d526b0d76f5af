package main_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/layerwise/layerwise/analyzer/explain"
	"github.com/layerwise/layerwise/report"
)

const readme = "../../README.md"

// block is a fenced block of commands: of a shell session with its output
// (console), or of commands alone (sh).
type block struct {
	source   string
	console  bool
	commands []command
}

type command struct{ line, output string }

func (b block) write(to *strings.Builder, c command) {
	if b.console {
		to.WriteString("$ ")
	}
	to.WriteString(c.line + "\n" + c.output)
}

func commandBlocks(text string) []block {
	var list []block
	var cur *block
	for line := range strings.Lines(text) {
		switch {
		case cur != nil && line == "```\n":
			cur.source += line
			list = append(list, *cur)
			cur = nil
		case line == "```console\n" || line == "```sh\n":
			cur = &block{console: line == "```console\n"}
		case cur == nil:
		case !cur.console:
			cur.source += line
			cur.commands = append(cur.commands, command{line: strings.TrimSuffix(line, "\n")})
		case strings.HasPrefix(line, "$ "):
			cur.source += line
			cur.commands = append(cur.commands, command{line: strings.TrimSpace(line[2:])})
		default:
			cur.source += line
			if n := len(cur.commands); n > 0 {
				cur.commands[n-1].output += line
			}
		}
	}
	return list
}

// The excerpt of a report in README.md has no field that a report has not.
func TestReadmeJSON(t *testing.T) {
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	_, after, ok := strings.Cut(string(text), "```json\n")
	excerpt, _, closed := strings.Cut(after, "```\n")
	if !ok || !closed {
		t.Fatal("README.md has no JSON")
	}
	decoder := json.NewDecoder(strings.NewReader(excerpt))
	decoder.DisallowUnknownFields()
	var r report.Report
	if err := decoder.Decode(&r); err != nil {
		t.Errorf("the report in README.md: %v", err)
	}
	if r.Schema != report.Schema {
		t.Errorf("README.md shows a report of the schema %q, want %q", r.Schema, report.Schema)
	}
}

// The table of causes in README.md has every kind that there is.
func TestReadmeCauses(t *testing.T) {
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "| kind | the step missed because |\n")
	table, _, _ = strings.Cut(table, "\n\n")
	var got, want []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\|").FindAllStringSubmatch(table, -1) {
		got = append(got, row[1])
	}
	for _, kind := range explain.Kinds() {
		want = append(want, string(kind))
	}
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the kinds of causes in README.md (-want +got):\n%s", diff)
	}
}
