package rules

import (
	"fmt"
	"strings"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
	"github.com/layerwise/layerwise/analyzer/lint/internal/packages"
	"github.com/layerwise/layerwise/analyzer/lint/internal/shell"
)

var indexRefreshApart = &lint.Rule{
	ID:       "index-refresh-apart",
	Title:    "packages are installed from an index that another step refreshed",
	Severity: finding.Warning,
	Fix:      finding.Safe,
	Doc: lint.Doc{
		Why: `BuildKit caches the step that refreshes the package index like any other: its text stays the same, so it is
never run again. An install in a later step then works with an index that is as old as the cache. When a package is
added to that install, the index names versions that the mirror no longer has, and the build fails with "404 Not
Found"; or old versions, without their security updates, are installed although the step itself has just run.
Refreshing and installing in one RUN makes both depend on the same text.

The fix joins RUNs that stand right below each other; it keeps the order of the commands, so that the image's files stay
the same.`,
		Bad: `FROM debian:12-slim
RUN apt-get update
RUN apt-get install -y curl
`,
		Good: `FROM debian:12-slim
RUN apt-get update && \
    apt-get install -y curl
`,
	},
	Check: checkIndexRefresh,
}

// indexed are the managers that install from the index that they find.
var indexed = words("apt apk pacman")

func checkIndexRefresh(p *lint.Pass) {
	for _, s := range p.File.Stages {
		for _, in := range s.Instructions {
			if in.Keyword != "RUN" {
				continue
			}
			if u := lastRefresh(p, in); u != nil {
				reportRefresh(p, in, u)
			}
		}
	}
}

// lastRefresh is the refresh whose index a RUN leaves behind, nil for none.
func lastRefresh(p *lint.Pass, in *dockerfile.Instruction) *packages.Use {
	var found *packages.Use
	commands := p.Commands(in)
	for i := range commands {
		c := &commands[i]
		u, ok := packages.Classify(c)
		switch {
		case ok && indexed[u.Manager.Name] && (u.Action == packages.Refresh || u.Refreshes) && !inMount(p, in, u.Manager.Caches[0].Path):
			found = &u
		case found != nil && removesFolder(c, found.Manager.Caches[0].Path):
			found = nil
		}
	}
	return found
}

func reportRefresh(p *lint.Pass, in *dockerfile.Instruction, u *packages.Use) {
	stale := installsFrom(p, in.Stage, below(in), u.Manager)
	if len(stale) == 0 {
		return
	}
	message := fmt.Sprintf("%s the index that %s leaves here, and this step stays cached while the mirror moves on; refresh and install in one RUN",
		linesInstall(stale), call(*u))
	p.ReportAt(commandSpan(p, in, u.Command), message, joinWithInstalls(p, in, stale))
}

// installsFrom are the RUNs that install from the index that an earlier step left,
// in a stage's instructions and the stages that start from it.
func installsFrom(p *lint.Pass, s *dockerfile.Stage, ins []*dockerfile.Instruction, m *packages.Manager) []*dockerfile.Instruction {
	var found []*dockerfile.Instruction
	for _, in := range ins {
		installs, renews := takesIndex(p, in, m)
		if installs {
			found = append(found, in)
		}
		if renews {
			return found
		}
	}
	for _, child := range children(p, s) {
		found = append(found, installsFrom(p, child, child.Instructions, m)...)
	}
	return found
}

// takesIndex reports whether a RUN installs from the index before it, and whether
// it leaves another one, or none.
func takesIndex(p *lint.Pass, in *dockerfile.Instruction, m *packages.Manager) (installs, renews bool) {
	commands := p.Commands(in)
	for i := range commands {
		c := &commands[i]
		if removesFolder(c, m.Caches[0].Path) {
			return installs, true
		}
		u, ok := packages.Classify(c)
		if !ok || u.Manager != m {
			continue
		}
		switch {
		case u.Action == packages.Refresh, u.Refreshes, m.Name == "apk" && c.Has("-U", "--update", "--update-cache", "--no-cache"):
			return installs, true
		case u.Action == packages.Add && !u.NeedsSource:
			installs = true
		}
	}
	return installs, false
}

// linesInstall names the lines that install.
func linesInstall(ins []*dockerfile.Instruction) string {
	lines := make([]string, len(ins))
	for i, in := range ins {
		lines[i] = fmt.Sprint(in.Line)
	}
	return lineList(lines) + " " + plural(len(lines), "installs", "install") + " from"
}

// joinWithInstalls makes one RUN of a refresh and the installs right below it. It
// is nil where that would leave an install apart, or could change the image.
func joinWithInstalls(p *lint.Pass, refresh *dockerfile.Instruction, installs []*dockerfile.Instruction) *finding.Fix {
	all := append([]*dockerfile.Instruction{refresh}, installs...)
	var edits []finding.Edit
	for i := 1; i < len(all); i++ {
		e, ok := joinRuns(p, all[i-1], all[i])
		if !ok {
			return nil
		}
		edits = append(edits, e)
	}
	return &finding.Fix{Message: "refresh the index and install in one RUN", Safety: finding.Safe, Edits: edits}
}

// joinRuns replaces what stands between two RUNs so that they become one. Ok is
// false where their commands would not do the same then.
func joinRuns(p *lint.Pass, first, second *dockerfile.Instruction) (_ finding.Edit, ok bool) {
	if first.Stage != second.Stage || second.Index != first.Index+1 || len(first.Flags)+len(second.Flags) > 0 ||
		second.JSON || len(second.Heredocs) > 0 || !canBeContinued(p, first) ||
		strings.TrimSpace(p.File.Text(first.EndLine+1, second.Line-1)) != "" {
		return finding.Edit{}, false
	}
	for _, in := range []*dockerfile.Instruction{first, second} {
		if !isChain(p.Commands(in)) {
			return finding.Edit{}, false
		}
	}
	start := p.Commands(second)[0].Start
	end := p.Span(second, start, 0)
	at := finding.Span{Line: first.EndLine, Column: len(strings.TrimRight(p.File.Text(first.EndLine, first.EndLine), " \t")) + 1, EndLine: end.Line, EndColumn: end.Column}
	return finding.Edit{File: p.Path, Span: at, Text: " && \\" + lineEnding(p.File) + "    "}, true
}

// isChain reports whether commands stand one after the other with && alone, and
// leave nothing behind in their shell.
func isChain(commands []shell.Command) bool {
	for i := range commands {
		c := &commands[i]
		first := i == 0 && c.Op == ""
		if !first && c.Op != "&&" || !c.Exact || c.Conditional || c.Substituted || c.Name == "" || c.Is("cd", "pushd", "export", "declare", "readonly", "unset") {
			return false
		}
	}
	return len(commands) > 0
}
