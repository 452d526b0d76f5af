package rules

import (
	"fmt"
	"strings"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
	"github.com/layerwise/layerwise/analyzer/lint/internal/shell"
)

var heredocHidesFailure = &lint.Rule{
	ID:       "heredoc-hides-failure",
	Title:    "a line of a heredoc that fails counts as success and is cached",
	Severity: finding.Warning,
	Fix:      finding.Review,
	Doc: lint.Doc{
		Why: "The lines of a heredoc are a script, of which the shell goes on after a line that fails: the last command alone " +
			"decides on the step. What is left undone is cached, and reused until something above changes. With set -e in its " +
			"first line, or a SHELL or a first line #! with -e, it stops there. The fix is left to a person, as a line " +
			"may have failed without harm so far.",
		Bad: `FROM debian:12
RUN <<EOF
apt-get update
apt-get install -y curl
rm -rf /var/lib/apt/lists/*
EOF
`,
		Good: `FROM debian:12
RUN <<EOF
set -e
apt-get update
apt-get install -y curl
rm -rf /var/lib/apt/lists/*
EOF
`,
	},
	Check: checkHeredocs,
}

func checkHeredocs(p *lint.Pass) {
	for _, s := range p.File.Stages {
		for _, in := range s.Instructions {
			if in.Keyword == "RUN" && !in.JSON && len(in.Heredocs) > 0 && len(in.Args) > 0 {
				checkHeredoc(p, in)
			}
		}
	}
}

func checkHeredoc(p *lint.Pass, in *dockerfile.Instruction) {
	whole := strings.HasPrefix(strings.TrimSpace(in.Args[0]), "<<") // else one that a shell reads
	commands := p.Commands(in)
	if !whole && (len(commands) == 0 || !readsHeredoc(&commands[0])) {
		return
	}
	for i := range commands[:max(len(commands)-1, 0)] {
		c := &commands[i]
		if c.Nested == whole || !c.Tolerated || c.Handled || c.Conditional || c.Substituted || c.Piped || c.Name == "" || harmless[c.Name] {
			continue
		}
		what := c.Name
		if c.Exact {
			what = cut(in.Text[c.Start:c.End], 40)
		}
		p.ReportAt(commandSpan(p, in, c), fmt.Sprintf("when %s fails, the step goes on and is cached as a success: begin the heredoc with set -e", what),
			stopAtFailure(p, in, whole))
		return
	}
}

// harmless are programs that hardly fail, or whose failure says nothing.
var harmless = words(`: [ echo export printf pwd rm set shopt sleep test true type umask unset which`)

// readsHeredoc reports whether a command is a shell that reads its script from a
// heredoc.
func readsHeredoc(c *shell.Command) bool {
	if !c.Is("sh", "bash", "ash", "dash", "zsh") {
		return false
	}
	for _, r := range c.Redirects {
		if strings.HasPrefix(r.Op, "<<") && r.FD == "" {
			return true
		}
	}
	return false
}

// stopAtFailure puts set -e into the first line of a heredoc that is a script of
// the default shell.
func stopAtFailure(p *lint.Pass, in *dockerfile.Instruction, whole bool) *finding.Fix {
	d := in.Heredocs[0]
	if !whole || strings.HasPrefix(d.Content, "#!") || len(in.Heredocs) > 1 {
		return nil
	}
	at := 0
	for range d.Line - in.Line {
		at += strings.IndexByte(in.Text[at:], '\n') + 1
	}
	return &finding.Fix{Message: "begin the heredoc with set -e", Safety: finding.Review,
		Edits: []finding.Edit{insert(p, in, at, "set -e"+lineEnding(p.File))}}
}
