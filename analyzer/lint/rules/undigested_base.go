package rules

import (
	"fmt"

	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
)

var undigestedBase = &lint.Rule{
	ID:       "undigested-base",
	Title:    "a base image whose tag can move",
	Severity: finding.Info,
	Off:      true,
	Doc: lint.Doc{
		Why: "A tag, also one with a version, is moved to a new image whenever its maintainers rebuild it: the steps on top " +
			"of it then run again, and two builds of one commit differ. A digest keeps the bytes; tools such as Renovate or Dependabot move it on " +
			"with a change that can be seen and reviewed.",
		Bad:  "FROM node:22.14-bookworm-slim\nCOPY . /app\n",
		Good: "FROM node:22.14-bookworm-slim@sha256:bac8ff0b5302b06924a5e288fb4ceca9b4d06a5b47ad2efb1f8e5c2c1e0b3b4f\nCOPY . /app\n",
	},
	Check: checkUndigestedBase,
}

func checkUndigestedBase(p *lint.Pass) {
	for _, s := range p.File.Stages {
		b, ok := baseOf(p, s)
		if ok && !b.digest && b.tag != "" && b.tag != "latest" {
			p.Report(s.Instructions[0], fmt.Sprintf("%s can be moved to another image; add the digest that it has now (@sha256:…)", cut(s.Base, 60)), nil)
		}
	}
}
