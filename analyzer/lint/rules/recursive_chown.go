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

var recursiveChown = &lint.Rule{
	ID:       "recursive-chown",
	Title:    "a recursive chown or chmod stores files of an earlier layer a second time",
	Severity: finding.Warning,
	Fix:      finding.Review,
	Doc: lint.Doc{
		Why: "A layer holds whole files: changing an owner or a mode copies each file of the layers below into the new one, " +
			"so that the image carries all of them twice, and the step runs again whenever one of the files changes. COPY --chown and COPY --chmod " +
			"set them as the files are copied; what a RUN makes is best changed in that RUN, or made by the right user.",
		Bad: `FROM node:22
COPY . /srv/app
RUN chown -R node:node /srv/app
`,
		Good: `FROM node:22
COPY --chown=node:node . /srv/app
`,
	},
	Check: checkRecursiveChown,
}

func checkRecursiveChown(p *lint.Pass) {
	for _, s := range p.File.Stages {
		for _, in := range s.Instructions {
			if in.Keyword == "RUN" && (strings.Contains(in.Text, "chown") || strings.Contains(in.Text, "chmod") || strings.Contains(in.Text, "chgrp")) && isShipped(p, s) {
				checkChown(p, in)
			}
		}
	}
}

func checkChown(p *lint.Pass, in *dockerfile.Instruction) {
	commands := p.Commands(in)
	said := map[*dockerfile.Instruction]bool{}
	for i := range commands {
		c := &commands[i]
		if !c.Is("chown", "chmod", "chgrp") || c.Conditional || !c.HasLetter("R") && !c.Has("--recursive") {
			continue
		}
		operands := c.Operands("--from", "--reference")
		if len(operands) < 2 {
			continue
		}
		for _, o := range operands[1:] {
			layers := slices.DeleteFunc(addedAt(p, in, c, o), func(l heavy) bool { return said[l.in] })
			if len(layers) == 0 {
				continue
			}
			for _, l := range layers {
				said[l.in] = true
			}
			p.ReportAt(commandSpan(p, in, c), fmt.Sprintf("%s copies what %s added to %s into this layer too; %s",
				c.Name+" -R", listLayers(layers), cut(o.Text, 60), cureForChown(p, in, c, layers, operands[0])),
				chownFix(p, layers[len(layers)-1].in, in, c, operands[0].Text))
			break
		}
	}
}

// cureForChown says what to do about each layer, in as few words as it takes.
func cureForChown(p *lint.Pass, in *dockerfile.Instruction, c *shell.Command, layers []heavy, to shell.Word) string {
	flag := "--chown"
	if c.Is("chmod") {
		flag = "--chmod"
	}
	var order []string
	lines := map[string][]string{}
	for _, l := range layers {
		cure := fmt.Sprintf("use %s %s", l.in.Keyword, flag)
		switch {
		case l.in.Keyword == "RUN":
			cure = "run " + c.Name
		case strings.Contains(l.in.Text, flag):
			cure = "leave it to " + flag
		}
		if lines[cure] == nil {
			order = append(order, cure)
		}
		lines[cure] = append(lines[cure], fmt.Sprint(l.in.Line))
	}
	for i, cure := range order {
		switch {
		case len(layers) > 1:
			order[i] = cure + " on " + lineList(lines[cure])
		case !strings.HasPrefix(cure, "use "):
			order[i] = cure + " there"
		}
	}
	owner, ok := value(p, in, to)
	if !ok {
		owner = to.Text
	}
	if first := layers[0].in; c.Is("chown") && isMadeBetween(p, first, in, owner) {
		return fmt.Sprintf("make the user above line %d, and %s", first.Line, list(order))
	}
	return list(order)
}

// isMadeBetween reports whether a user or group that chown is given is made below
// one instruction, and above or in another. Numbers need not be made.
func isMadeBetween(p *lint.Pass, above, in *dockerfile.Instruction, owner string) bool {
	under := false
	for _, o := range lineage(p, in.Stage) {
		if under && strings.Contains(o.Text, "add") {
			commands := p.Commands(o)
			for i := range commands {
				if makesOwner(p, o, &commands[i], owner) {
					return true
				}
			}
		}
		if o == in {
			return false
		}
		under = under || o == above
	}
	return false
}

// makesOwner reports whether a command makes a user or group that an owner names.
func makesOwner(p *lint.Pass, in *dockerfile.Instruction, c *shell.Command, owner string) bool {
	if !c.Is("useradd", "adduser", "groupadd", "addgroup") {
		return false
	}
	for _, name := range strings.Split(owner, ":") {
		if strings.Trim(name, "0123456789") == "" {
			continue
		}
		for _, w := range c.Args {
			if text, ok := value(p, in, w); w.Text == name || ok && text == name {
				return true
			}
		}
	}
	return false
}

var (
	ownerName = later(`^[A-Za-z0-9_][A-Za-z0-9_.-]*(?::[A-Za-z0-9_][A-Za-z0-9_.-]*)?$`)
	octalMode = later(`^[0-7]{3,4}$`)
)

// chownFix hands the owner or mode to the COPY right above, for a RUN that does
// nothing else. A person has to look at it: folders that were there before keep
// their owner.
func chownFix(p *lint.Pass, layer, in *dockerfile.Instruction, c *shell.Command, to string) *finding.Fix {
	if layer.Keyword == "RUN" || layer.Stage != in.Stage || layer.Index != in.Index-1 || len(in.Flags) > 0 ||
		len(p.Commands(in)) != 1 || len(c.Operands()) != 2 || len(c.Redirects) > 0 {
		return nil
	}
	flag := "--chown"
	if c.Is("chmod") {
		flag = "--chmod"
	}
	if strings.Contains(layer.Text, flag) || c.Is("chgrp") || c.Is("chown") && !ownerName().MatchString(to) || c.Is("chmod") && !octalMode().MatchString(to) {
		return nil
	}
	if pattern, ok := place(p, in, c, c.Operands()[1]); !ok || !allBelow(pattern, addedBy(p, layer)) || addedByOthers(p, layer, in, pattern) {
		return nil
	}
	return &finding.Fix{
		Message: fmt.Sprintf("use %s %s", layer.Keyword, flag),
		Safety:  finding.Review,
		Edits: append(removal(p, in),
			insert(p, layer, keywordEnd(layer), " "+flag+"="+to)),
	}
}

func allBelow(pattern string, all []added) bool {
	for _, a := range all {
		if !covers(pattern, a.path) {
			return false
		}
	}
	return len(all) > 0
}

// addedByOthers reports whether instructions above one, other than a layer's, have
// added something that a pattern names.
func addedByOthers(p *lint.Pass, layer, in *dockerfile.Instruction, pattern string) bool {
	for _, o := range lineage(p, in.Stage) {
		if o == in {
			break
		}
		if o != layer && slices.ContainsFunc(addedBy(p, o), func(a added) bool { return takes(pattern, a) }) {
			return true
		}
	}
	return false
}
