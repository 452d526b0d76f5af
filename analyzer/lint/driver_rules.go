package lint

import (
	"errors"
	"strings"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
)

// The rules about the file as a whole.
var (
	unreadableFile = &Rule{
		ID: "unreadable-file", Title: "a file cannot be read", Severity: finding.Error,
		Doc: Doc{Why: "What cannot be read cannot be checked, nor built. The other files are still looked at."},
	}
	invalidDockerfile = &Rule{
		ID: "invalid-dockerfile", Title: "BuildKit refuses the file", Severity: finding.Error,
		URL: "https://docs.docker.com/reference/dockerfile/",
		Doc: Doc{
			Why:  "The build fails before its first step. The message is BuildKit's own. What needs a value that only --build-arg gives is no error.",
			Bad:  "FROM debian:12\nCOPY --from=build /app /app\n\nFROM golang:1.24 AS build\nRUN go build -o /app\n",
			Good: "FROM golang:1.24 AS build\nRUN go build -o /app\n\nFROM debian:12\nCOPY --from=build /app /app\n",
		},
		Hadolint: []string{"DL1000", "DL3011", "DL3021", "DL3023", "DL3043", "DL3061"},
		Check:    checkRefusal,
	}
	invalidCheckDirective = &Rule{
		ID: "invalid-check-directive", Title: "a check comment that BuildKit does not obey", Severity: finding.Warning,
		URL: "https://docs.docker.com/build/checks/",
		Doc: Doc{
			Why:  "BuildKit ignores most mistakes in a check comment in silence, so that the checks that it was to skip still run, or the ones that it was to turn into errors do not.",
			Bad:  "# check=skip=JsonArgsRecommended\nFROM debian:12\nCMD server\n",
			Good: "# check=skip=JSONArgsRecommended\nFROM debian:12\nCMD server\n",
		},
		Check: checkDirectives,
	}
)

// Driver returns the rules about a file as a whole. That a file cannot be read,
// or parsed, is found by Files.
func Driver() []*Rule {
	return []*Rule{unreadableFile, invalidDockerfile, invalidCheckDirective}
}

// checkRefusal reports what BuildKit's converter refuses in a file that parses.
func checkRefusal(p *Pass) {
	err := p.conversion().refusal
	if err == nil || hasMalformedCheck(p.File) { // the latter is told elsewhere
		return
	}
	message := err.Error()
	var syntax *dockerfile.SyntaxError
	if errors.As(err, &syntax) {
		message = syntax.Message
	}
	p.ReportAt(placeOf(err), oneLine(message), nil)
}

// longestMessage bounds what a finding repeats of a file, in bytes.
const longestMessage = 500

// oneLine makes a message of what BuildKit says.
func oneLine(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "?")), " ")
	if len(s) > longestMessage {
		s = strings.ToValidUTF8(s[:longestMessage], "") + "…"
	}
	return strings.TrimRight(s, ".")
}
