package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
	"github.com/layerwise/layerwise/analyzer/lint/internal/shell"
)

var pipeHidesFailure = &lint.Rule{
	ID:       "pipe-hides-failure",
	Title:    "a failed download ahead of a pipe counts as success and is cached",
	Severity: finding.Warning,
	Hadolint: []string{"DL4006"},
	Doc: lint.Doc{
		Why: "Of a pipe, the shell looks at the exit code of the last command alone. A shell, tee or cat at the end is content " +
			"with nothing at all: when the download fails, the step succeeds, and its broken result is cached and reused until " +
			"something above changes. Download to a file first, or set pipefail (SHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]).",
		Bad: `FROM debian:12
RUN curl -fsSL https://example.com/key-1.2.asc | tee /etc/apt/keyrings/example.asc
`,
		Good: `FROM debian:12
RUN curl -fsSLo /etc/apt/keyrings/example.asc https://example.com/key-1.2.asc
`,
	},
	Check: checkPipes,
}

func checkPipes(p *lint.Pass) {
	for _, s := range p.File.Stages {
		for _, in := range s.Instructions {
			if in.Keyword == "RUN" && strings.Contains(in.Text, "|") && (strings.Contains(in.Text, "curl") || strings.Contains(in.Text, "wget")) {
				checkPipe(p, in)
			}
		}
	}
}

func checkPipe(p *lint.Pass, in *dockerfile.Instruction) {
	if strings.Contains(in.Text, "pipefail") || slices.Contains(p.Graph().Sees(in).Shell(), "pipefail") {
		return
	}
	commands := p.Commands(in)
	for i := range commands {
		c := &commands[i]
		if !c.Is("curl", "wget") || !c.Piped || c.Substituted || c.Conditional {
			continue
		}
		end := i + 1
		for end < len(commands) && commands[end-1].Piped && commands[end].Op == "|" && commands[end].Piped {
			end++
		}
		if end >= len(commands) || commands[end].Op != "|" || !content(&commands[end]) || commands[end].Op == "||" {
			continue
		}
		p.ReportAt(commandSpan(p, in, c), fmt.Sprintf("when %s fails, %s succeeds with nothing to read, and the broken step is cached; download to a file first, or set pipefail",
			c.Name, commands[end].Name), nil)
		return
	}
}

// content reports whether a program at the end of a pipe succeeds when nothing
// comes.
func content(c *shell.Command) bool {
	return c.Is("sh", "bash", "ash", "dash", "zsh", "tee", "cat", "python", "python3", "perl", "ruby", "node", "php", "sed", "awk", "sort", "tr", "cut", "head", "tail")
}
