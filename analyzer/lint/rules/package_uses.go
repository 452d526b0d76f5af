package rules

import (
	"bytes"
	"path"
	"strings"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/internal/packages"
	"github.com/layerwise/layerwise/analyzer/lint/internal/shell"
)

// usesOf are what the commands of a RUN do with packages, in their order.
func usesOf(p *lint.Pass, in *dockerfile.Instruction) []packages.Use {
	var out []packages.Use
	commands := p.Commands(in)
	for i := range commands {
		if u, ok := packages.Classify(&commands[i]); ok {
			out = append(out, u)
		}
	}
	return out
}

// call is a use as messages name it: "npm ci".
func call(u packages.Use) string {
	name := u.Command.Program.Text
	if u.Command.Is("python", "python2", "python3") {
		name = u.Manager.Name
	}
	return strings.TrimSpace(path.Base(name) + " " + u.Verb)
}

// removesFolder reports whether a command removes a folder, or all that is in it.
// What it removes by a pattern that nothing can be said of counts, too.
func removesFolder(c *shell.Command, folder string) bool {
	if c.Name == "find" {
		return c.Has("-delete", "-exec") && len(c.Args) > 0 && touches(c.Args[0].Text, folder)
	}
	if c.Name != "rm" {
		return false
	}
	for _, o := range c.Operands() {
		if touches(o.Text, folder) {
			return true
		}
	}
	return false
}

// mentions reports whether a part stands anywhere in the file: a quick look before
// a long one.
func mentions(p *lint.Pass, parts ...string) bool {
	for _, part := range parts {
		if bytes.Contains(p.File.Source, []byte(part)) {
			return true
		}
	}
	return false
}

// workStage matches the names of stages that people build for their own desk or for
// CI: their images are seldom pushed.
var workStage = later(`(?i)^(?:.*[-_.])?(?:dev|develop|development|devel|devcontainer|debug|test|tests|testing|tester|e2e|ci|lint|check|bench|docs|validate|envs?)(?:[-_.].*)?$`)

// released are the stages whose layers are part of an image that is meant for
// others: that of the last stage, or of one that no other stage uses and whose name
// does not say that it is for work on the project.
func released(p *lint.Pass) map[*dockerfile.Stage]bool {
	out := map[*dockerfile.Stage]bool{}
	last := len(p.File.Stages) - 1
	for _, t := range p.File.Stages {
		if t.Index != last && (len(p.Graph().Users(t)) > 0 || t.Name == "" || workStage().MatchString(t.Name)) {
			continue
		}
		for b := t; b != nil && !out[b]; b = p.Graph().Base(b) {
			out[b] = true
		}
	}
	return out
}
