package main_test

import (
	"regexp"
	"strings"
)

// scrubbers replace what differs from run to run and from machine to machine,
// in the order of the list.
var scrubbers = []struct {
	name    string
	pattern *regexp.Regexp
	to      string
}{
	{"record ids", regexp.MustCompile(`\b20\d{6}-\d{6}-[0-9a-f]+\b`), "ID"},
	{"digests", regexp.MustCompile(`sha256:[0-9a-f]{64}`), "sha256:DIGEST"},
	{"times of day", regexp.MustCompile(`\b20\d\d-\d\d-\d\dT[0-9:.]+(Z|[+-]\d\d:\d\d)`), "TIME"},
	{"ages", regexp.MustCompile(`(?i)(less than a second|about an? \w+|\d+ (second|minute|hour)s?) ago`), "AGE"},
	{"durations", regexp.MustCompile(`\b(\d+m)?\d+(\.\d+)?s\b`), "0.0s"},
	{"isolation", regexp.MustCompile(`embedded \((runc|built-in|builtin)[^)]*\)`), "embedded (runc)"},
	{"white space", regexp.MustCompile(`(?m) +`), " "},
	{"end of line", regexp.MustCompile(`(?m) +$`), ""},
}

func scrub(text string) string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	for _, s := range scrubbers {
		text = s.pattern.ReplaceAllString(text, s.to)
	}
	return text
}

// measures are what else differs in tables: costs too small to be told, and sizes.
var measures = []struct {
	name    string
	pattern *regexp.Regexp
	to      string
}{
	{"platform", regexp.MustCompile(`\blinux/(amd64|arm64)\b`), "linux/ARCH"},
	{"costs", regexp.MustCompile(` (cost|saved) 0\.0s`), ""},
	{"total", regexp.MustCompile(`; the build took 0\.0s`), ""},
	{"sizes", regexp.MustCompile(`\b\d+(\.\d+)? [kMG]?B\b`), "SIZE"},
}

// scrubTable is scrub for whole tables.
func scrubTable(text string) string {
	text = scrub(text)
	for _, s := range measures {
		text = s.pattern.ReplaceAllString(text, s.to)
	}
	return text
}
