package rules

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
	"github.com/layerwise/layerwise/analyzer/lint/shell"
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
			layer, size := addedAt(p, in, c, o)
			if layer == nil || said[layer] {
				continue
			}
			said[layer] = true
			p.ReportAt(commandSpan(p, in, c), fmt.Sprintf("%s copies what %s added to %s into this layer too%s; %s",
				c.Name+" -R", namely(layer), cut(o.Text, 60), weight(size), cureForChown(c, layer)),
				chownFix(p, layer, in, c, operands[0].Text))
			break
		}
	}
}

// smallest is the size in bytes from which on files that are stored twice matter.
const smallest = 64 << 10

// addedAt is the last instruction above one that added files to a place that a
// word names, nil where none is known to have added a folder or something big; with
// the size of what is known of them.
func addedAt(p *lint.Pass, in *dockerfile.Instruction, c *shell.Command, w shell.Word) (layer *dockerfile.Instruction, size int64) {
	pattern, ok := place(p, in, c, w)
	if !ok || isMounted(p, in, pattern) {
		return nil, 0
	}
	for _, earlier := range lineage(p, in.Stage) {
		if earlier == in {
			break
		}
		for _, a := range addedBy(p, earlier) {
			if !takes(pattern, a) {
				continue
			}
			var weight int64
			if a.file != nil {
				weight = p.Context.Size(*a.file)
			}
			if size += weight; a.tree && a.file == nil || isBundle(a.path) || size >= smallest {
				layer = earlier
			}
		}
	}
	return layer, size
}

func cureForChown(c *shell.Command, layer *dockerfile.Instruction) string {
	flag := "--chown"
	if c.Is("chmod") {
		flag = "--chmod"
	}
	switch {
	case layer.Keyword == "RUN":
		return fmt.Sprintf("run %s there", c.Name)
	case strings.Contains(layer.Text, flag):
		return fmt.Sprintf("leave it to %s there", flag)
	}
	return fmt.Sprintf("use %s %s", layer.Keyword, flag)
}

var (
	ownerName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*(?::[A-Za-z0-9_][A-Za-z0-9_.-]*)?$`)
	octalMode = regexp.MustCompile(`^[0-7]{3,4}$`)
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
	if strings.Contains(layer.Text, flag) || c.Is("chgrp") || c.Is("chown") && !ownerName.MatchString(to) || c.Is("chmod") && !octalMode.MatchString(to) {
		return nil
	}
	if pattern, ok := place(p, in, c, c.Operands()[1]); !ok || !allBelow(pattern, addedBy(p, layer)) {
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
