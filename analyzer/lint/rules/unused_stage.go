package rules

import (
	"fmt"
	"strings"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
)

var unusedStage = &lint.Rule{
	ID:       "unused-stage",
	Title:    "a stage that no build can reach",
	Severity: finding.Warning,
	Fix:      finding.Review,
	Doc: lint.Doc{
		Why: "BuildKit builds what the target needs. A stage that no other one takes anything from, and that has no name to " +
			"be a target by, is never built: its steps run nowhere, and what it was meant to do or to check is not done. A stage with a name " +
			"may be somebody's --target, and is left alone.",
		Bad: `FROM node:22
RUN npm test

FROM nginx:1.27
COPY site /usr/share/nginx/html
`,
		Good: `FROM node:22 AS test
RUN npm test

FROM nginx:1.27
COPY site /usr/share/nginx/html
`,
	},
	Check: checkUnusedStage,
}

func checkUnusedStage(p *lint.Pass) {
	if len(p.File.Stages) < 2 {
		return
	}
	for _, s := range p.File.Stages[:len(p.File.Stages)-1] {
		from := s.Instructions[0]
		if p.Graph().Needed(from) {
			continue
		}
		message := "nothing is taken from this stage, and without a name it is no target: it is never built; name it (AS name) or remove it"
		if users := p.Graph().Users(s); len(users) > 0 {
			message = fmt.Sprintf("only %s, in a stage that no build reaches, uses this one: it is never built", namely(users[0]))
		} else if s.Name != "" {
			message = fmt.Sprintf("a later stage is named %s too, which hides this one: it is never built", cut(s.Name, 40))
		}
		p.Report(from, message, removeStage(p, s))
	}
}

// removeStage takes a stage out of the file. It is nil where other stages are
// named by their numbers, which would change, where another one uses it, and where
// comments would be lost.
func removeStage(p *lint.Pass, s *dockerfile.Stage) *finding.Fix {
	if len(p.Graph().Users(s)) > 0 {
		return nil
	}
	first, last := firstLine(s.Instructions[0]), firstLine(p.File.Stages[s.Index+1].Instructions[0])-1
	for _, c := range p.File.Comments {
		if c.Line >= first && c.Line <= last {
			return nil
		}
	}
	for _, in := range p.File.All() {
		for _, flag := range in.Flags {
			if _, from, ok := strings.Cut(flag, "from="); ok && from != "" && from[0] >= '0' && from[0] <= '9' {
				return nil
			}
		}
	}
	return &finding.Fix{
		Message: "remove the stage",
		Safety:  finding.Review,
		Edits:   []finding.Edit{{File: p.Path, Span: lineSpan(p, first, last)}},
	}
}
