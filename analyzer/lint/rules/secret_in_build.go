package rules

import (
	"fmt"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
)

var secretInBuild = &lint.Rule{
	ID:           "secret-in-build",
	Title:        "a credential that stays in the image or its history",
	Severity:     finding.Error,
	ShowsSecrets: true,
	Doc: lint.Doc{
		Why: "The text of every instruction, the values of ENV and of the build arguments that a RUN sees, and all files of every layer " +
			"belong to the image: whoever may pull it can read them, also where a later instruction overwrites or removes them. " +
			"RUN --mount=type=secret and --mount=type=ssh hand a credential to one step and leave no trace; they do not enter the cache key " +
			"either. One that has been in a Dockerfile should be revoked.",
		Bad: `FROM node:22
RUN curl -H "Authorization: Bearer 8f14e45fceea167a5a36dedd4bea2543" -o /opt/data.json https://example.com/data
`,
		Good: `FROM node:22
RUN --mount=type=secret,id=token \
    curl -H "Authorization: Bearer $(cat /run/secrets/token)" -o /opt/data.json https://example.com/data
`,
	},
	Check: checkSecrets,
}

func checkSecrets(p *lint.Pass) {
	inText := mayHoldSecret(string(p.File.Source))
	for _, in := range p.File.All() {
		switch in.Keyword {
		case "RUN":
			if !(inText && reportText(p, in, in.Text)) && secretWords(in.Text) {
				checkCommandSecrets(p, in)
			}
		case "ENV", "ARG", "LABEL":
			if inText {
				checkValues(p, in)
			}
		case "COPY", "ADD":
			if !inText || !reportText(p, in, in.Text) {
				checkCarriedSecret(p, in)
			}
		}
	}
}

// secretWords reports whether a text may have a command that is handed a
// credential.
func secretWords(text string) bool {
	for _, w := range []string{"pass", "PASS", "pwd", "PWD", "oken", "OKEN", "uth", "AUTH", "key", "KEY", "ecret", "SECRET", "curl", "login", "mysql", "maria"} {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

// reportText looks for credentials that can be told by their form.
func reportText(p *lint.Pass, in *dockerfile.Instruction, text string) bool {
	s, ok := findSecret(text)
	if !ok {
		s, ok = argumentInAddress(p, in)
	}
	if !ok {
		return false
	}
	at := finding.Span{Line: in.Line, EndLine: in.EndLine}
	if len(text) == len(in.Text) {
		at = p.Span(in, s.start, s.end-s.start)
	}
	p.ReportAt(at, fmt.Sprintf("%s in %s %s; %s", s.what, in.Keyword, stays(p, in), cureForSecret(in)), nil)
	return true
}

// checkValues looks at what an ENV, ARG or LABEL sets, but for names that BuildKit
// has a warning for.
func checkValues(p *lint.Pass, in *dockerfile.Instruction) {
	for _, set := range settings(in) {
		if in.Keyword != "LABEL" && namesSecret(set.name) {
			continue
		}
		if s, ok := findSecret(set.value); ok {
			p.Report(in, fmt.Sprintf("the value of %s is %s, and %s; %s", cut(set.name, 40), s.what, stays(p, in), cureForSecret(in)), nil)
		}
	}
}

// setting is a name and what it is set to.
type setting struct{ name, value string }

// settings are those of an ENV, ARG or LABEL in their order.
func settings(in *dockerfile.Instruction) []setting {
	var out []setting
	switch c := in.Command.(type) {
	case *instructions.EnvCommand:
		for _, e := range c.Env {
			out = append(out, setting{e.Key, e.Value})
		}
	case *instructions.LabelCommand:
		for _, e := range c.Labels {
			out = append(out, setting{e.Key, e.Value})
		}
	case *instructions.ArgCommand:
		for _, a := range c.Args {
			if a.Value != nil {
				out = append(out, setting{a.Key, *a.Value})
			}
		}
	}
	return out
}

// checkCarriedSecret looks for files of credentials that a COPY takes over from
// another stage or image. Those of the context are told by what is in them, by a
// rule of their own.
func checkCarriedSecret(p *lint.Pass, in *dockerfile.Instruction) {
	if !strings.Contains(in.Text, "from=") || !isShipped(p, in.Stage) {
		return
	}
	for _, s := range p.Graph().Sources(in) {
		if s.Kind == lint.SourceContext {
			continue
		}
		if found := secretNames(s.Paths); len(found) > 0 {
			p.Report(in, fmt.Sprintf("%s (%s) %s; %s", cut(found[0].path, 60), found[0].what, stays(p, in), cureForSecret(in)), nil)
			return
		}
	}
}

// stays says where a credential can be found later.
func stays(p *lint.Pass, in *dockerfile.Instruction) string {
	switch {
	case in.Stage == nil || !isShipped(p, in.Stage):
		return "stays in the Dockerfile and in build caches"
	case in.Keyword == "COPY" || in.Keyword == "ADD":
		return "stays in a layer of the image"
	}
	return "stays in the image's history"
}

func cureForSecret(in *dockerfile.Instruction) string {
	switch in.Keyword {
	case "RUN", "COPY", "ADD":
		return "hand it to the step that needs it with RUN --mount=type=secret"
	}
	return "hand it in when the container runs, or to one step with RUN --mount=type=secret"
}
