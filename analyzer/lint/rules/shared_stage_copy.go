package rules

import (
	"fmt"
	"slices"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
)

var sharedStageCopy = &lint.Rule{
	ID:       "shared-stage-copy",
	Title:    "a stage that others start from copies the sources, and they install packages on top",
	Severity: finding.Warning,
	Doc: lint.Doc{
		Why: "What several stages start from is built once and reused by all of them, as long as nothing in it changes. With a " +
			"COPY of the sources in it, every change makes each of those stages anew, also where they only install packages. Install in a " +
			"stage above the copy, and copy the sources where they are used.",
		Bad: `FROM debian:12 AS base
WORKDIR /src
COPY . .

FROM base AS test
RUN apt-get update && apt-get install -y shellcheck
RUN shellcheck *.sh

FROM base
RUN ./build.sh
`,
		Good: `FROM debian:12 AS base
WORKDIR /src

FROM base AS test
RUN apt-get update && apt-get install -y shellcheck
COPY . .
RUN shellcheck *.sh

FROM base
COPY . .
RUN ./build.sh
`,
	},
	Check: checkSharedStage,
}

func checkSharedStage(p *lint.Pass) {
	if len(p.File.Stages) < 3 {
		return
	}
	for _, s := range p.File.Stages {
		if from := children(p, s); len(from) >= 2 {
			if in := copiesAll(p, s); in != nil {
				reportShared(p, s, in, from)
			}
		}
	}
}

func reportShared(p *lint.Pass, s *dockerfile.Stage, in *dockerfile.Instruction, from []*dockerfile.Stage) {
	var again []*dockerfile.Instruction
	for _, c := range from {
		for _, run := range c.Instructions {
			if run.Keyword == "RUN" && installsSystem(p, run) {
				again = append(again, run)
			}
		}
	}
	if len(again) == 0 {
		return
	}
	more := ""
	if n := len(again) - 1; n > 0 {
		more = fmt.Sprintf(" and %s like it", count(n, "step"))
	}
	p.Report(in, fmt.Sprintf("%d stages start from %s: any changed file re-runs %s in stage %s%s, which %s none of the files; copy them further down, in the stages that use them",
		len(from), cut(s.Label, 40), namely(again[0]), cut(again[0].Stage.Label, 40), more, plural(len(again), "needs", "need")), nil)
}

// copiesAll is the first instruction of a stage that copies a whole folder of the
// context, nil without one.
func copiesAll(p *lint.Pass, s *dockerfile.Stage) *dockerfile.Instruction {
	for _, in := range s.Instructions {
		if in.Keyword != "COPY" && in.Keyword != "ADD" {
			continue
		}
		for _, src := range p.Graph().Sources(in) {
			if src.Kind == lint.SourceContext && slices.Contains(src.Paths, ".") {
				return in
			}
		}
	}
	return nil
}

// installsSystem reports whether a RUN only installs packages of the system, which
// needs no files of the project.
func installsSystem(p *lint.Pass, in *dockerfile.Instruction) bool {
	commands := p.Commands(in)
	fetched := false
	for i := range commands {
		passive, slow, scripts := isPassive(&commands[i])
		if !passive || scripts || commands[i].Is("cp", "mv", "sed", "tar", "install", "unzip", "cat", "cd") {
			return false
		}
		fetched = fetched || slow && !commands[i].Is("curl", "wget", "git")
	}
	return fetched
}
