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

var removedInLaterLayer = &lint.Rule{
	ID:       "removed-in-later-layer",
	Title:    "files are removed or moved in a later layer than the one that added them",
	Severity: finding.Warning,
	Fix:      finding.Safe,
	Doc: lint.Doc{
		Why: "A layer can hide the files of the layers below, not shrink them: what an earlier instruction added is still " +
			"stored, pushed and pulled, and can be read by anybody who has the image. A mv out of an earlier layer stores the files a second time. Remove files in the RUN that makes them, " +
			"and mount what one step alone needs (RUN --mount=type=bind) rather than copying it.",
		Bad: `FROM debian:12
RUN curl -fsSLo /tmp/tool.tar.gz https://example.com/tool-1.2.tar.gz && tar -xzf /tmp/tool.tar.gz -C /opt
RUN rm /tmp/tool.tar.gz
`,
		Good: `FROM debian:12
RUN curl -fsSLo /tmp/tool.tar.gz https://example.com/tool-1.2.tar.gz && tar -xzf /tmp/tool.tar.gz -C /opt && rm /tmp/tool.tar.gz
`,
	},
	Check: checkRemovedLater,
}

func checkRemovedLater(p *lint.Pass) {
	for _, s := range p.File.Stages {
		for _, in := range s.Instructions {
			if in.Keyword == "RUN" && takesAway(in.Text) && isShipped(p, s) {
				checkRemovals(p, in)
			}
		}
	}
}

// takesAway reports whether a text may have one of the commands that the rule
// looks at.
func takesAway(text string) bool {
	return strings.Contains(text, "rm ") || strings.Contains(text, "mv ") || strings.Contains(text, "apk") || strings.Contains(text, "purge") ||
		strings.Contains(text, "remove") || strings.Contains(text, "erase")
}

func checkRemovals(p *lint.Pass, in *dockerfile.Instruction) {
	commands := p.Commands(in)
	said := map[*dockerfile.Instruction]bool{}
	for i := range commands {
		c := &commands[i]
		switch {
		case c.Conditional:
		case c.Is("rm"):
			for _, o := range c.Operands() {
				removedFile(p, in, c, o, said)
			}
		case c.Is("mv"):
			movedFiles(p, in, c, said)
		case c.Is("apt-get", "apt", "apk", "dnf", "yum", "microdnf", "zypper"):
			removedPackages(p, in, c, said)
		}
	}
}

// removedFile reports a file that rm names and an earlier instruction added. One
// finding an instruction is enough.
func removedFile(p *lint.Pass, in *dockerfile.Instruction, c *shell.Command, operand shell.Word, said map[*dockerfile.Instruction]bool) {
	layer, pattern, size := hidden(p, in, c, operand)
	if layer == nil || said[layer] {
		return
	}
	said[layer] = true
	cure := "remove it in that RUN"
	if layer.Keyword != "RUN" {
		cure = "do not copy it, or mount it for the step that needs it (RUN --mount=type=bind)"
	}
	message := fmt.Sprintf("rm hides %s, which %s put into a layer: the image still carries it%s; %s",
		cut(pattern, 60), namely(layer), weight(size), cure)
	p.ReportAt(wordSpan(p, in, c, operand), message, mergeRemoval(p, layer, in))
}

// hidden is the last instruction above a RUN that added what one of its words
// removes, nil where none is known to, with the path and the size of that.
func hidden(p *lint.Pass, in *dockerfile.Instruction, c *shell.Command, operand shell.Word) (layer *dockerfile.Instruction, pattern string, size int64) {
	pattern, ok := place(p, in, c, operand)
	if !ok || isMounted(p, in, pattern) || makes(p, in, c, pattern) {
		return nil, "", 0
	}
	for _, earlier := range lineage(p, in.Stage) {
		if earlier == in {
			break
		}
		for _, a := range addedBy(p, earlier) {
			if !takes(pattern, a) {
				continue
			}
			if layer != earlier {
				layer, size = earlier, 0
			}
			if a.file != nil {
				size += p.Context.Size(*a.file)
			}
		}
	}
	return layer, pattern, size
}

// makes reports whether a RUN itself makes what one of its commands removes.
func makes(p *lint.Pass, in *dockerfile.Instruction, before *shell.Command, pattern string) bool {
	commands := p.Commands(in)
	for i := range commands {
		c := &commands[i]
		if c.Start >= before.Start {
			return false
		}
		if to, tree := writes(p, in, c); to != "" && takes(pattern, added{path: to, tree: tree}) {
			return true
		}
	}
	return false
}

// removedPackages reports packages that a package manager takes away and that an
// earlier instruction installed.
func removedPackages(p *lint.Pass, in *dockerfile.Instruction, c *shell.Command, said map[*dockerfile.Instruction]bool) {
	operands := c.Operands("-t", "--virtual", "-o")
	if len(operands) < 2 || !removals[operands[0].Text] {
		return
	}
	for _, o := range operands[1:] {
		if o.Dynamic || strings.ContainsAny(o.Text, "*?") {
			continue
		}
		layer := installedBy(p, in, c.Name, o.Text)
		if layer == nil || said[layer] {
			continue
		}
		said[layer] = true
		p.ReportAt(wordSpan(p, in, c, o), fmt.Sprintf("%s %s hides %s, which %s installed into a layer: the image still carries it; install and remove it in one RUN",
			c.Name, operands[0].Text, cut(o.Text, 40), namely(layer)), nil)
	}
}

// removals are the subcommands of package managers that take packages away.
var removals = words("autoremove del erase purge remove rm")

// installedBy is the last instruction above one that installs a package, nil
// where none is known to, or the same instruction installs it again.
func installedBy(p *lint.Pass, in *dockerfile.Instruction, manager, name string) *dockerfile.Instruction {
	var layer *dockerfile.Instruction
	for _, earlier := range lineage(p, in.Stage) {
		commands := p.Commands(earlier)
		for i := range commands {
			if sameManager(commands[i].Name, manager) && adds(&commands[i], name) {
				layer = earlier
			}
		}
		if earlier == in {
			break
		}
	}
	if layer == in {
		return nil
	}
	return layer
}

func sameManager(a, b string) bool {
	return strings.TrimSuffix(a, "-get") == strings.TrimSuffix(b, "-get")
}

// adds reports whether a command installs a package, or a group of that name.
func adds(c *shell.Command, name string) bool {
	if w, ok := c.Value("-t", "--virtual"); ok && c.Name == "apk" && w.Text == name {
		return true
	}
	u, ok := packages.Classify(c)
	if !ok || u.Action != packages.Add {
		return false
	}
	for _, o := range u.Packages {
		if o.Text == name {
			return true
		}
	}
	return false
}
