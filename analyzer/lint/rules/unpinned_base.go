package rules

import (
	"fmt"
	"strings"

	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
)

var unpinnedBase = &lint.Rule{
	ID:       "unpinned-base",
	Title:    "a base image without a version",
	Severity: finding.Warning,
	Hadolint: []string{"DL3006", "DL3007"},
	Doc: lint.Doc{
		Why: "Without a tag, an image means whatever its newest release is. When that moves, every step of the stage runs again, on a " +
			"system that may be another one, and two machines that build the same commit get different images. A tag with a version " +
			"keeps the system; a digest (name:tag@sha256:…) keeps the bytes.",
		Bad:  "FROM node:latest\nCOPY . /app\n",
		Good: "FROM node:22.14-bookworm-slim\nCOPY . /app\n",
	},
	Check: checkUnpinnedBase,
}

func checkUnpinnedBase(p *lint.Pass) {
	for _, s := range p.File.Stages {
		b, ok := baseOf(p, s)
		if !ok || b.digest || b.tag != "" && b.tag != "latest" {
			continue
		}
		if strings.Contains(s.Base, "$") && b.tag == "" {
			continue // the name is meant to be given
		}
		what := "has no tag and so means latest"
		if b.tag != "" {
			what = "is whatever was released last"
		}
		consequence := ""
		if n := operationsOf(s); n > 0 {
			consequence = fmt.Sprintf(": each release re-runs %s of this stage", count(n, "step"))
		}
		p.Report(s.Instructions[0], fmt.Sprintf("%s %s%s; name a version, best with a digest", cut(s.Base, 60), what, consequence), nil)
	}
}
