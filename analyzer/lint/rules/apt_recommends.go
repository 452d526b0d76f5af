package rules

import (
	"fmt"
	"strings"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
	"github.com/layerwise/layerwise/analyzer/lint/internal/packages"
)

var aptRecommends = &lint.Rule{
	ID:       "apt-recommends",
	Title:    "apt installs packages that are only recommended",
	Severity: finding.Info,
	Fix:      finding.Review,
	Hadolint: []string{"DL3015"},
	Off:      true,
	Doc: lint.Doc{
		Why: `apt installs what a package recommends along with what it depends on. For an image that is often much more than
was asked for: a longer download with each run of the step, and a bigger layer. With --no-install-recommends only
dependencies are installed.

What is recommended may be needed all the same (ca-certificates for curl, to name one), so the fix is left to a person, and
the rule is off unless it is asked for.`,
		Bad: `FROM debian:12-slim
RUN apt-get update && apt-get install -y curl
`,
		Good: `FROM debian:12-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates curl
`,
	},
	Check: checkAptRecommends,
}

func checkAptRecommends(p *lint.Pass) {
	for _, in := range p.File.All() {
		if in.Keyword != "RUN" || !strings.Contains(in.Text, "apt") || recommendsOff(p, in) {
			continue
		}
		for _, u := range usesOf(p, in) {
			if u.Manager.Name == "apt" && u.Action == packages.Add && !hasRecommendsFlag(u) {
				p.ReportAt(commandSpan(p, in, u.Command), fmt.Sprintf("%s brings what is only recommended, too: add --no-install-recommends", call(u)),
					recommendsFix(p, in, u))
			}
		}
	}
}

func hasRecommendsFlag(u packages.Use) bool {
	for _, a := range u.Command.Args {
		if strings.Contains(strings.ToLower(a.Text), "install-recommends") {
			return true
		}
	}
	return u.Command.Is("aptitude") && (u.Command.Has("--without-recommends") || u.Command.HasLetter("R"))
}

// recommendsOff reports whether a step up to a RUN has written apt's own setting.
func recommendsOff(p *lint.Pass, in *dockerfile.Instruction) bool {
	const setting = "APT::Install-Recommends"
	if !mentions(p, setting) {
		return false
	}
	for _, o := range lineage(p, in.Stage) {
		if strings.Contains(o.Text, setting) {
			return true
		}
		if o == in {
			break
		}
	}
	return false
}

func recommendsFix(p *lint.Pass, in *dockerfile.Instruction, u packages.Use) *finding.Fix {
	at, ok := behindVerb(u)
	if !ok || u.Command.Is("aptitude") {
		return nil
	}
	return &finding.Fix{Message: "add --no-install-recommends", Safety: finding.Review,
		Edits: []finding.Edit{insert(p, in, at, " --no-install-recommends")}}
}
